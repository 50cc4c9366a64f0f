"""When two pod templates mean the same, so that no pod is restarted for the difference.

Besides order and spelling, these are taken for the same although they are not, because a pod of the Go CassKop can live
with them until it is restarted for another reason, which then mends all of them:

- seeds beside those of the bootstrap container: only that one's are used, and the Go CassKop let others run ahead;
- the JVM's options in the section of another version: they were not read, and the pod runs without;
- the container for backups without a liveness probe;
- data that is claimed and not mounted, where only the datacenter has a capacity: what such a node has is lost in any
  restart, with or without the mount, so nothing but a restart that is wanted anyway may bring it;
- pods kept apart by more labels than those that all pods of the cluster have.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from multicasskop.crds.base import Json
from multicasskop.reconcilers.cassandracluster.statefulset.cassandra_config import JVM, OLD_JVM, laid_over, write
from multicasskop.reconcilers.cassandracluster.statefulset.containers import BACKREST, BOOTSTRAP, CONFIG_BUILDER
from multicasskop.reconcilers.cassandracluster.statefulset.environment import CONFIG, SEEDS, value_of
from multicasskop.reconcilers.cassandracluster.statefulset.volumes import CASSANDRA, DATA, DATA_PATH
from multicasskop.reconcilers.patch import merge_patch, owned_paths
from multicasskop.reconcilers.same import Rules, is_zero

RULES: Final = Rules(
    quantities=frozenset({"resources", "requests", "limits", "storage", "sizeLimit"}),
    json=frozenset(),
    ignored=frozenset(),
)
_LISTS: Final = ("initContainers", "containers")
# where Kubernetes fills in a value, an empty one says nothing
_FILLED_IN: Final = frozenset(
    {
        "apiVersion",
        "failureThreshold",
        "imagePullPolicy",
        "operator",
        "periodSeconds",
        "protocol",
        "scheme",
        "successThreshold",
        "terminationMessagePath",
        "terminationMessagePolicy",
        "timeoutSeconds",
    }
)
_KEPT_APART_BY: Final = ("app", "cassandracluster")


def same_template(wanted: Json, live: Json, kept: Json) -> bool:
    """Whether the pods of a living StatefulSet may stay as they are; `kept` is what it was generated as, or `{}`."""
    templates = [(obj.get("spec") or {}).get("template") for obj in (wanted, live, kept)]
    moved = not _has_old_section(wanted["spec"]["template"])
    desired, found, before = (_plain(each, moved=moved) if each else {} for each in templates)
    desired = _with_flaws_of(found, desired)
    return merge_patch({"spec": desired}, {"spec": found}, owned_paths({"spec": before}, RULES), RULES) is None


def _has_old_section(template: Json) -> bool:
    builder = (each for each in template["spec"]["initContainers"] if each["name"] == CONFIG_BUILDER)
    return any(OLD_JVM in (_read(value_of(each, CONFIG)) or {}) for each in builder)


def _plain(template: Json, *, moved: bool) -> Json:
    """The template in the one form that all templates of the same meaning have.

    With `moved` the old section of the JVM's options is not one that is wanted.
    """
    pod = template["spec"]
    seeds = next((value_of(each, SEEDS) for each in pod.get("initContainers") or () if each["name"] == BOOTSTRAP), "")
    lists = {key: [_plain_container(each, seeds, moved=moved) for each in pod.get(key) or ()] for key in _LISTS}
    volumes = sorted(pod.get("volumes") or (), key=lambda volume: str(volume["name"]))
    plain = {**pod, **lists, "volumes": volumes, "affinity": _plain_affinity(pod.get("affinity") or {})}
    said: Json = _without_silence({**template, "spec": plain})
    return said


def _plain_container(container: Json, seeds: str, *, moved: bool) -> Json:
    mounts = sorted(container.get("volumeMounts") or (), key=lambda mount: str(mount["mountPath"]))
    variables = [_plain_variable(each, seeds, moved=moved) for each in container.get("env") or ()]
    return {**container, "volumeMounts": mounts, "env": variables}


def _plain_variable(variable: Json, seeds: str, *, moved: bool) -> Json:
    if variable["name"] == SEEDS:
        return {**variable, "value": seeds}
    if variable["name"] == CONFIG and variable.get("value"):
        return {**variable, "value": _plain_config(variable["value"], seeds, moved=moved)}
    return variable


def _plain_config(text: str, seeds: str, *, moved: bool) -> str:
    """The configuration with these seeds, and with the JVM's options in the new section; text that is none stays."""
    config = _read(text)
    if config is None:
        return text
    if moved:
        sections = [section for name in (OLD_JVM, JVM) if isinstance(section := config.pop(name, None), dict)]
        config[JVM] = laid_over({}, sections)
    return write(_whole_numbers(laid_over(config, ({"cluster-info": {"seeds": seeds}},))))


def _read(text: str) -> Json | None:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return None


def _plain_affinity(affinity: Json) -> Json:
    """The affinity with only those labels that a cluster's pods always have, where pods are kept apart by them."""
    apart = affinity.get("podAntiAffinity")
    return {**affinity, "podAntiAffinity": _selecting_less(apart)} if apart else affinity


def _selecting_less(value: Any) -> Any:  # noqa: ANN401  plain data
    match value:
        case {"matchLabels": {"app": _, "cassandracluster": _} as labels}:
            return {**value, "matchLabels": {key: labels[key] for key in _KEPT_APART_BY}}
        case dict():
            return {key: _selecting_less(inner) for key, inner in value.items()}
        case list():
            return [_selecting_less(inner) for inner in value]
        case _:
            return value


def _without_silence(value: Any) -> Any:  # noqa: ANN401  plain data
    match value:
        case dict():
            said = {key: inner for key, inner in value.items() if key not in _FILLED_IN or not is_zero(inner)}
            return {key: _without_silence(inner) for key, inner in said.items()}
        case list():
            return [_without_silence(inner) for inner in value]
        case _:
            return value


def _whole_numbers(value: Any) -> Any:  # noqa: ANN401  plain data
    """16.0 as 16, which is how Go prints it."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _whole_numbers(inner) for key, inner in value.items()}
        case list():
            return [_whole_numbers(inner) for inner in value]
        case _:
            return value


def _with_flaws_of(found: Json, desired: Json) -> Json:
    """What is wanted, without what the living containers never had."""
    there = {each["name"]: each for each in found["spec"]["containers"]}
    pod = desired["spec"]
    unmounted = CASSANDRA in there and not _mounts_data(there[CASSANDRA])
    containers = [_with_flaws(each, there.get(each["name"]), unmounted=unmounted) for each in pod["containers"]]
    return {**desired, "spec": {**pod, "containers": containers}}


def _with_flaws(container: Json, found: Mapping[str, Any] | None, *, unmounted: bool) -> Json:
    if found is not None and container["name"] == BACKREST and not found.get("livenessProbe"):
        container = {key: value for key, value in container.items() if key != "livenessProbe"}
    if unmounted and container["name"] in (CASSANDRA, BACKREST):
        container = {**container, "volumeMounts": [each for each in container["volumeMounts"] if not _is_data(each)]}
    return container


def _mounts_data(container: Mapping[str, Any]) -> bool:
    return any(each["mountPath"] == DATA_PATH for each in container.get("volumeMounts") or ())


def _is_data(mount: Json) -> bool:
    return bool(mount["name"] == DATA and mount["mountPath"] == DATA_PATH)
