# Cassandra from its jars, where its published image cannot be pulled: the same program, folders, files and user.
# multicasskop.world.kind.cassandra builds it; it is no part of the product.
ARG JRE
FROM ${JRE}
ARG RELEASE
COPY build/cassandra/${RELEASE} /opt/cassandra/lib
COPY e2e/world/images/cassandra /opt/cassandra/files
RUN cd /opt/cassandra/files \
    && mkdir -p /etc/cassandra /var/lib/cassandra /var/log/cassandra \
    && cp cassandra nodetool /usr/local/bin/ && chmod 755 /usr/local/bin/cassandra /usr/local/bin/nodetool \
    && cp java.options logback-tools.xml /opt/cassandra/ \
    && cp cassandra.yaml cassandra-env.sh jvm-server.options logback.xml /etc/cassandra/ \
    # Java 8 has neither modules nor files of options
    && (java @/opt/cassandra/java.options -version && echo @/opt/cassandra/java.options || true) > /opt/cassandra/modules \
    && rm -r /opt/cassandra/files \
    && echo 'cassandra:x:999:999::/var/lib/cassandra:/bin/bash' >> /etc/passwd \
    && chown -R 999:999 /etc/cassandra /var/lib/cassandra /var/log/cassandra
USER 999:999
CMD ["cassandra", "-f"]
