"""The names users meet are API: they are pinned here."""

import pytest
from multicasskop.crds import names


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GROUP", "db.orange.com"),
        ("STORAGE_VERSION", "v2"),
        ("MULTICASSKOP_VERSIONS", ("v2", "v1", "v1alpha1")),
        ("CASSANDRACLUSTER_VERSIONS", ("v2", "v1", "v1alpha1")),
        ("CASSANDRACLUSTER_WHOLE_VERSION", "v1alpha1"),
        ("FINALIZER", "kubernetes.io/multi-casskop"),
        ("PVC_FINALIZER", "kubernetes.io/pvc-to-delete"),
        ("FIELD_MANAGER", "multicasskop"),
        ("CASSKOP_FIELD_MANAGER", "casskop"),
        ("GO_FIELD_MANAGER", "multi-casskop"),
        ("REGISTER_FIELD_MANAGER", "multicasskop-register"),
        ("OWNER", "multicasskop.db.orange.com/owner"),
        ("FIELDS", "multicasskop.db.orange.com/fields"),
        ("SEEDLIST", "multicasskop.db.orange.com/seedlist"),
        ("TRACEPARENT", "multicasskop.db.orange.com/traceparent"),
        ("ADOPT", "multicasskop.db.orange.com/adopt"),
        ("APPROVE", "multicasskop.db.orange.com/approve"),
        ("RESUME", "multicasskop.db.orange.com/resume"),
        ("RELEASE", "multicasskop.db.orange.com/release"),
        ("CLUSTER", "multicasskop.db.orange.com/cluster"),
        ("CLUSTER_VALUE", "true"),
        ("MEMBER", "multicasskop.db.orange.com/member"),
        ("IDENTITY", "multicasskop.db.orange.com/identity"),
        ("LAST_APPLIED", "cassandraclusters.db.orange.com/last-applied-configuration"),
        ("EXTERNAL_DNS", "external-dns.alpha.kubernetes.io/hostname"),
    ],
)
def test_name_is_pinned(name: str, value: object) -> None:
    """A name that stands in people's objects never changes."""
    assert getattr(names, name) == value


@pytest.mark.parametrize(
    ("key", "reserved"),
    [
        ("kubernetes.io/created-by", True),
        ("k8s.io/x", True),
        ("kubectl.kubernetes.io/last-applied-configuration", True),
        ("statefulset.kubernetes.io/pod-name", True),
        (names.LAST_APPLIED, True),
        (names.OWNER, True),
        ("multicasskop.db.orange.com/anything", True),
        ("banzaicloud.com/last-applied", True),
        ("app", True),
        ("cassandracluster", True),
        ("dc-rack", True),
        ("cassandraclusters.db.orange.com.rack", True),
        ("operation-name", True),
        (names.DISABLE_FIRST_POD_PER_RACK, False),
        ("app.kubernetes.io/instance", False),
        ("argocd.argoproj.io/sync-wave", False),
        ("cluster", False),
        ("application", False),
        ("example.com/app", False),
        ("kubernetes.io.example.com/x", False),
        ("", False),
    ],
)
def test_reserved_keys(key: str, reserved: bool) -> None:
    """Keys of Kubernetes, kubectl, CassKop and this operator are reserved; those meant for users are not."""
    assert names.is_reserved(key) is reserved


def test_api_version_and_crd_name() -> None:
    """API version and definition are named by Kubernetes' rules."""
    assert names.api_version() == "db.orange.com/v2"
    assert names.api_version("v1alpha1") == "db.orange.com/v1alpha1"
    assert names.crd_name(names.PLURALS["MultiCasskop"]) == "multicasskops.db.orange.com"
