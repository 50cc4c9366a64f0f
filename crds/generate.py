"""The CRD manifests: written from the models by `python -m multicasskop.crds.generate`, read as package data."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml
from multicasskop.crds.base import Json
from multicasskop.crds.names import CASSANDRACLUSTER_PLURAL, MULTICASSKOP_PLURAL

PLURALS: Final = (MULTICASSKOP_PLURAL, CASSANDRACLUSTER_PLURAL)
PLACES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "crds/manifests": PLURALS,
        "helm/multi-casskop/files": PLURALS,
        "helm/casskop/files": (CASSANDRACLUSTER_PLURAL,),
    }
)
"""Folders of the checkout that hold manifests, and which: those of the distribution, and the charts' copies."""
_PACKAGE: Final = "multicasskop.crds.manifests"
_HEADER: Final = "# Made from the models in crds/ by `python -m multicasskop.crds.generate`: change those, not this.\n"


class _Dumper(yaml.SafeDumper):
    """Writes a value in full each time it comes up: kubectl takes aliases, other tools do not."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401 - as in the class above
        """Every value is written out where it stands."""
        return True


def manifests() -> Mapping[str, str]:
    """Plural -> the text of its manifest, the same on every machine and in every run."""
    # only here: whoever installs manifests needs neither pydantic nor the models
    from multicasskop.crds.schema import KINDS, definition

    return {kind.plural: _HEADER + _dump(definition(kind)) for kind in KINDS}


def load_manifest(plural: str) -> Json:
    """The CustomResourceDefinition of `plural` as it is shipped. Raises KeyError for a plural of no kind."""
    if plural not in PLURALS:
        raise KeyError(f"no manifest for {plural!r} (there are: {', '.join(PLURALS)})")
    manifest: Json = yaml.safe_load(files(_PACKAGE).joinpath(f"{plural}.yaml").read_text(encoding="utf-8"))
    return manifest


def write(directory: Path, plurals: Sequence[str] = PLURALS) -> tuple[Path, ...]:
    """Write these manifests into `directory` and return their paths. The charts' copies are the same texts."""
    written = []
    for plural, text in manifests().items():
        if plural in plurals:
            path = directory / f"{plural}.yaml"
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return tuple(written)


def _dump(document: Json) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)


if __name__ == "__main__":
    root = Path(__file__).resolve().parent.parent
    for place, plurals in PLACES.items():
        write(root / place, plurals)
