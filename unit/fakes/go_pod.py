"""The pods that the Go CassKop asks for, with the flaws that it has."""

import json
from copy import deepcopy
from typing import Any

Json = dict[str, Any]
DATACENTER_LABEL = "cassandraclusters.db.orange.com.dc"
RACK_LABEL = "cassandraclusters.db.orange.com.rack"
INIT_RESOURCES = {"limits": {"cpu": "500m", "memory": "512Mi"}, "requests": {"cpu": "500m", "memory": "512Mi"}}
BACKREST_RESOURCES = {"limits": {"cpu": "500m", "memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "1Gi"}}
PORTS = {"intra-node": 7000, "intra-node-tls": 7001, "jmx-port": 7199, "cql": 9042, "promjmx": 9500, "jolokia": 8778}


def cluster_labels(cluster: Json) -> Json:
    """The labels of everything that belongs to a cluster."""
    name = cluster["metadata"]["name"]
    return {**cluster["metadata"]["labels"], "app": "cassandracluster", "cassandracluster": name}


def pod(cluster: Json, dc: Json, rack: str, ahead: tuple[str, ...]) -> Json:
    """The pod of a rack; `ahead` are seeds that have reached everything but the bootstrap container."""
    spec = cluster["spec"]
    nodes = {**dc.get("labels", {}), **next(each for each in dc["rack"] if each["name"] == rack).get("labels", {})}
    pod = {
        "affinity": {"nodeAffinity": _node_affinity(nodes), "podAntiAffinity": _apart(cluster)},
        "securityContext": {"runAsUser": spec["runAsUser"], "runAsNonRoot": True, "fsGroup": spec["fsGroup"]},
        "initContainers": _init_containers(cluster, dc, rack, ahead),
        "containers": _containers(cluster, dc, ahead),
        "volumes": _volumes(spec),
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 1800,
        "serviceAccountName": spec["serviceAccountName"],
        "tolerations": (spec.get("pod") or {}).get("tolerations"),
        "shareProcessNamespace": spec.get("shareProcessNamespace"),
        "imagePullSecrets": [spec["imagePullSecret"]] if spec.get("imagePullSecret") else None,
    }
    return {key: value for key, value in pod.items() if value is not None}


def _node_affinity(labels: Json) -> Json:
    expressions = [{"key": key, "operator": "In", "values": [labels[key]]} for key in sorted(labels)]
    terms = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
    return {"requiredDuringSchedulingIgnoredDuringExecution": terms} if labels else {}


def _apart(cluster: Json) -> Json:
    labels = {"matchLabels": cluster_labels(cluster)}
    term = {"labelSelector": labels, "topologyKey": "kubernetes.io/hostname"}
    if cluster["spec"].get("hardAntiAffinity"):
        return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}


def _volumes(spec: Json) -> list[Json]:
    empty: list[Json] = [{"name": name, "emptyDir": {}} for name in ("bootstrap", "extra-lib", "tools", "log", "tmp")]
    if not spec.get("configMapName"):
        return empty
    return [*empty, {"name": "cassandra-config", "configMap": {"name": spec["configMapName"], "defaultMode": 493}}]


def _mounts(**paths: str) -> list[Json]:
    return [{"name": name.replace("_", "-"), "mountPath": path} for name, path in paths.items()]


def _init_containers(cluster: Json, dc: Json, rack: str, ahead: tuple[str, ...]) -> list[Json]:
    spec = cluster["spec"]
    common = {"imagePullPolicy": spec["imagepullpolicy"], "resources": INIT_RESOURCES}
    scripts = {"cassandra_config": "/configmap"} if spec.get("configMapName") else {}
    return [
        {
            "name": "base-config-builder",
            "image": spec["cassandraImage"],
            "command": ["/bin/sh"],
            "args": ["-c", "cp -r /etc/cassandra/* /bootstrap/"],
            "volumeMounts": _mounts(bootstrap="/bootstrap"),
            **common,
        },
        {
            "name": "config-builder",
            "image": spec["configBuilderImage"],
            "env": _builder_env(cluster, dc, rack, ahead),
            "volumeMounts": _mounts(bootstrap="/bootstrap"),
            **common,
        },
        {
            "name": "bootstrap",
            "image": spec["bootstrapImage"],
            "env": _bootstrap_env(cluster),
            "volumeMounts": _mounts(bootstrap="/etc/cassandra", extra_lib="/extra-lib", tools="/opt/bin", **scripts),
            **common,
        },
    ]


def _containers(cluster: Json, dc: Json, ahead: tuple[str, ...]) -> list[Json]:
    spec = cluster["spec"]
    shared = _bootstrap_env(cluster, ahead)
    sidecars = [{**each, "env": [*each.get("env", ()), *shared]} for each in spec.get("sidecarConfigs") or ()]
    backrest = [_backrest(spec, shared)] if spec["backRestSidecar"]["enabled"] else []
    return [*sidecars, _cassandra(spec, dc), *backrest]


def _cassandra(spec: Json, dc: Json) -> Json:
    # only the capacity of the cluster is looked at
    data = {"data": "/var/lib/cassandra"} if spec.get("dataCapacity") else {}
    paths = {"bootstrap": "/etc/cassandra", "extra_lib": "/extra-lib", "tools": "/opt/bin", **data}
    mounts = _mounts(**paths, tmp="/tmp", log="/var/log/cassandra")  # noqa: S108
    mounts += [{"name": each["name"], "mountPath": each["mountPath"]} for each in spec.get("storageConfigs") or ()]
    own = dc.get("resources") or {}
    return {
        "name": "cassandra",
        "image": spec["cassandraImage"],
        "imagePullPolicy": spec["imagepullpolicy"],
        "command": ["sh", "-c", "tail -f /dev/null"] if spec.get("debug") else ["cassandra", "-f"],
        "ports": [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in PORTS.items()],
        "securityContext": {
            "capabilities": {"add": ["IPC_LOCK"]},
            "procMount": "Default",
            "readOnlyRootFilesystem": spec["readOnlyRootFilesystem"],
        },
        "env": _cassandra_env(spec),
        "readinessProbe": _probe(spec, "readiness"),
        "livenessProbe": _probe(spec, "liveness"),
        "resources": own if own else spec.get("resources", {}),
        "volumeMounts": mounts,
    }


def _probe(spec: Json, kind: str) -> Json:
    fields = {
        "InitialDelaySeconds": "initialDelaySeconds",
        "HealthCheckTimeout": "timeoutSeconds",
        "HealthCheckPeriod": "periodSeconds",
        "FailureThreshold": "failureThreshold",
        "SuccessThreshold": "successThreshold",
    }
    times = {to: spec[kind + name] for name, to in fields.items() if kind + name in spec}
    return {"exec": {"command": ["/bin/bash", "-c", f"/etc/cassandra/{kind}-probe.sh"]}, **times}


def _backrest(spec: Json, shared: list[Json]) -> Json:
    given = spec["backRestSidecar"]
    data = {"data": "/var/lib/cassandra"} if spec.get("dataCapacity") else {}
    mounts = _mounts(bootstrap="/etc/cassandra", extra_lib="/extra-lib", **data, tmp="/tmp")  # noqa: S108
    policy = {"imagePullPolicy": given["imagePullPolicy"]} if "imagePullPolicy" in given else {}
    timing = {"initialDelaySeconds": 10, "timeoutSeconds": 5, "periodSeconds": 10, "failureThreshold": 10}
    return {
        "name": "backrest-sidecar",
        "image": given["image"],
        "ports": [{"name": "http", "containerPort": 4567}],
        "resources": given.get("resources", BACKREST_RESOURCES),
        "readinessProbe": {"httpGet": {"path": "/status", "port": 4567}, **timing},
        "volumeMounts": [*given.get("volumeMount", ()), *mounts],
        "env": shared,
        **policy,
    }


def _builder_env(cluster: Json, dc: Json, rack: str, ahead: tuple[str, ...]) -> list[Json]:
    spec = cluster["spec"]
    return [
        _variable("CONFIG_FILE_DATA", _config(cluster, dc, rack, ahead)),
        _variable("CONFIG_OUTPUT_DIRECTORY", "/bootstrap"),
        _field("RACK_NAME", f"metadata.labels['{RACK_LABEL}']"),
        _variable("PRODUCT_NAME", spec["serverType"]),
        _variable("PRODUCT_VERSION", _version(spec)),
        _field("POD_IP", "status.podIP"),
        _field("HOST_IP", "status.hostIP"),
    ]


def _bootstrap_env(cluster: Json, ahead: tuple[str, ...] = ()) -> list[Json]:
    own = [
        _variable("CASSANDRA_CLUSTER_NAME", cluster["metadata"]["name"]),
        _variable("CASSANDRA_SEEDS", _seeds(cluster, ahead)),
        _field("CASSANDRA_DC", f"metadata.labels['{DATACENTER_LABEL}']"),
        _field("CASSANDRA_RACK", f"metadata.labels['{RACK_LABEL}']"),
    ]
    return _sorted(own, _common_env(cluster["spec"]), cluster["spec"]["backRestSidecar"].get("envVars", []))


def _cassandra_env(spec: Json) -> list[Json]:
    own = [_variable("JAVA_TOOL_OPTIONS", "-Dcom.sun.jndi.rmiURLParsing=legacy")]
    if spec.get("jmxConfiguration"):
        own.append(_variable("JVM_OPTS", _jmx(spec["jmxConfiguration"])))
    return _sorted(_common_env(spec), own, spec.get("envVars", []))


def _common_env(spec: Json) -> list[Json]:
    found = [_field("POD_IP", "status.podIP"), _variable("CASSANDRA_LOG_DIR", "/var/log/cassandra")]
    if not spec.get("imageJolokiaSecret"):
        return found
    keys = {"JOLOKIA_USER": "username", "JOLOKIA_PASSWORD": "password"}
    secrets = [
        {"name": name, "valueFrom": {"secretKeyRef": {**spec["imageJolokiaSecret"], "key": key}}}
        for name, key in keys.items()
    ]
    return [*found, *secrets, _variable("CASSANDRA_AUTH_JOLOKIA", "true")]


def _jmx(given: Json) -> str:
    names = {"jmxRemoteEnable": "", "jmxRemoteSSL": ".ssl", "jmxRemoteAuthenticate": ".authenticate"}
    names |= {"jmxRemotePort": ".port", "jmxRemoteRmiPort": ".rmi.port"}
    values = {key: json.dumps(given[name]) for name, key in names.items() if name in given}
    return "".join(f"-Dcom.sun.management.jmxremote{key}={value} " for key, value in values.items())


def _config(cluster: Json, dc: Json, rack: str, ahead: tuple[str, ...]) -> str:
    spec, four = cluster["spec"], _version(cluster["spec"]).startswith("4")
    config: Json = {
        "cluster-info": {"name": cluster["metadata"]["name"], "seeds": _seeds(cluster, ahead)},
        "datacenter-info": {"name": dc["name"]},
    }
    own = next(each for each in dc["rack"] if each["name"] == rack)
    for given in map(deepcopy, filter(None, (spec.get("config"), dc.get("config"), own.get("config")))):
        if four and "jvm-options" in given:
            given["jvm-server-options"] = given.pop("jvm-options")
        _merge(config, given)
    # what people give goes by the version that the image's tag shows, what is filled in only by that of the spec
    section = "jvm-server-options" if spec.get("serverVersion", "").startswith("4") else "jvm-options"
    _merge(defaults := _defaults(spec, section), config)
    return json.dumps(defaults, separators=(",", ":"), sort_keys=True)


def _defaults(spec: Json, section: str) -> Json:
    names = ("read_request_timeout_in_ms", "write_request_timeout_in_ms", "counter_write_request_timeout_in_ms")
    heaps = {"2Gi": ("128M", "512M"), "3Gi": ("192M", "768M")}
    limit = ((spec.get("resources") or {}).get("limits") or {}).get("memory")
    initial, largest = heaps[limit] if limit else ("512M", "2048M")
    jvm = {"initial_heap_size": initial, "max_heap_size": largest, "cassandra_ring_delay_ms": 30000}
    return {
        "cassandra-yaml": dict.fromkeys(names, 5000),
        "logback-xml": {"debuglog-enabled": False},
        section: {**jvm, "jmx-connection-type": "remote-no-auth"},
    }


def _merge(config: Json, given: Json) -> None:
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            _merge(config[key], value)
        else:
            config[key] = value


def _version(spec: Json) -> str:
    if spec.get("serverVersion"):
        return str(spec["serverVersion"])
    version, dash, _ = spec["cassandraImage"].split(":")[-1].partition("-")
    return f"{version}.0" if dash else version


def _seeds(cluster: Json, ahead: tuple[str, ...]) -> str:
    return ",".join(ahead or cluster["status"]["seedlist"])


def _variable(name: str, value: str) -> Json:
    return {"name": name, "value": value}


def _field(name: str, path: str) -> Json:
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def _sorted(*lists: list[Json]) -> list[Json]:
    named = {each["name"]: each for entries in lists for each in entries}
    return sorted(named.values(), key=lambda each: str(each["name"]))
