# As in Cassandra's own: JMX is local unless somebody says otherwise, and asks for a password then.
JMX_PORT="7199"
if [ "${LOCAL_JMX:-yes}" = yes ]; then
  JVM_OPTS="$JVM_OPTS -Dcassandra.jmx.local.port=$JMX_PORT"
else
  JVM_OPTS="$JVM_OPTS -Dcassandra.jmx.remote.port=$JMX_PORT -Dcom.sun.management.jmxremote.rmi.port=$JMX_PORT"
  JVM_OPTS="$JVM_OPTS -Dcom.sun.management.jmxremote.authenticate=true"
fi
