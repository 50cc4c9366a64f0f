"""The manifests that are shipped."""

from pathlib import Path

import pytest
import yaml
from multicasskop.crds import generate
from multicasskop.crds.schema import KINDS, definition

ROOT = Path(generate.__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("place", "plural"), [(place, plural) for place, plurals in generate.PLACES.items() for plural in plurals]
)
def test_manifest_is_the_one_of_the_models(plural: str, place: str) -> None:
    """The shipped manifest and the chart's copy are what the models give now; if not: make crds."""
    assert (ROOT / place / f"{plural}.yaml").read_text(encoding="utf-8") == generate.manifests()[plural]


@pytest.mark.parametrize("place", generate.PLACES)
def test_no_manifest_is_without_a_model(place: str) -> None:
    """Each folder holds the manifests of its kinds and no other."""
    assert sorted(path.stem for path in (ROOT / place).glob("*.yaml")) == sorted(generate.PLACES[place])
    assert sorted(kind.plural for kind in KINDS) == sorted(generate.PLURALS)


def test_same_models_give_the_same_bytes() -> None:
    """Nothing in a manifest depends on the run."""
    assert generate.manifests() == generate.manifests()


@pytest.mark.parametrize("plural", generate.PLURALS)
def test_manifest_is_plain_yaml(plural: str) -> None:
    """There are no anchors and aliases, and every tool reads the same as was written."""
    text = generate.manifests()[plural]
    assert not [token for token in yaml.scan(text) if isinstance(token, yaml.AnchorToken | yaml.AliasToken)]
    assert yaml.safe_load(text) == definition(next(kind for kind in KINDS if kind.plural == plural))


@pytest.mark.parametrize("plural", generate.PLURALS)
def test_manifest_fits_into_an_annotation(plural: str) -> None:
    """`kubectl apply` stores the whole manifest in an annotation of at most 256 KiB."""
    assert len(generate.manifests()[plural]) < 200 * 1024


@pytest.mark.parametrize("plural", generate.PLURALS)
def test_manifest_is_loaded_as_package_data(plural: str) -> None:
    """Programs find the manifest wherever the package is installed."""
    assert generate.load_manifest(plural)["spec"]["names"]["plural"] == plural


def test_unknown_plural_is_an_error_that_names_the_known() -> None:
    """Asking for another kind says which there are."""
    with pytest.raises(KeyError, match=r"pods.*multicasskops, cassandraclusters"):
        generate.load_manifest("pods")


def test_manifests_are_written_where_told(tmp_path: Path) -> None:
    """All manifests go into the folder that was named."""
    written = generate.write(tmp_path)
    assert sorted(path.name for path in written) == ["cassandraclusters.yaml", "multicasskops.yaml"]
    assert all(path.read_text(encoding="utf-8") == generate.manifests()[path.stem] for path in written)
