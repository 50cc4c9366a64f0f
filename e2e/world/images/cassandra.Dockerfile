# A simulated Cassandra as the pods of a CassandraCluster run it: the operator's image, and the world on top of it. One
# image stands for all that such an object names: Cassandra's, the builder of its configuration, the bootstrap's.
# multicasskop.world.kind.images builds it; it is no part of the product.
ARG OPERATOR
FROM ${OPERATOR}
COPY e2e/world /venv/lib/python3.11/site-packages/multicasskop/world
USER 0:0
# what CassKop looks for in Cassandra's image: a program of that name, its configuration, the two probes
RUN play="exec python -m multicasskop.world.cassandra.container" \
    && world=/venv/lib/python3.11/site-packages/multicasskop/world \
    && mkdir -p /etc/cassandra /var/lib/cassandra /bootstrap /extra-lib /opt/bin \
    && printf '#!/bin/sh\n%s cassandra "$@"\n' "$play" > /usr/local/bin/cassandra \
    && cp "$world/images/probe.sh" /etc/cassandra/readiness-probe.sh \
    && cp "$world/images/probe.sh" /etc/cassandra/liveness-probe.sh \
    && chmod 755 /usr/local/bin/cassandra /etc/cassandra/*.sh \
    && chmod 777 /etc/cassandra /var/lib/cassandra /bootstrap
USER 999:999
ENTRYPOINT ["python", "-m", "multicasskop.world.cassandra.container"]
CMD []
