"""Where the control planes' programs come from."""

from pathlib import Path

import pytest
from multicasskop.world import programs
from multicasskop.world.errors import ProgramsError
from multicasskop.world.programs import NAMES, Programs


def fill(folder: Path, names: tuple[str, ...] = NAMES) -> Path:
    """A folder with programs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


def test_assets_win_over_the_cache(tmp_path: Path) -> None:
    """KUBEBUILDER_ASSETS is taken when it is set, whatever the cache has."""
    environment = {"KUBEBUILDER_ASSETS": str(fill(tmp_path / "assets")), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    fill(programs.cache_folder(environment))
    assert programs.find(environment) == Programs(*(str(tmp_path / "assets" / name) for name in NAMES))


def test_incomplete_assets_are_an_error_and_not_ignored(tmp_path: Path) -> None:
    """A folder that somebody named but that lacks a program is not silently replaced by another."""
    folder = fill(tmp_path, NAMES[:2])
    with pytest.raises(ProgramsError, match=r"lacks one of .*kube-controller-manager"):
        programs.find({"KUBEBUILDER_ASSETS": str(folder)})


def test_cache_is_taken_when_it_is_complete(tmp_path: Path) -> None:
    """The cache counts only with all programs in it, and only those of the wanted versions."""
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    folder = programs.cache_folder(environment)
    assert programs.KUBERNETES in folder.name
    assert programs.ETCD in folder.name
    fill(folder, NAMES[:2])
    assert programs.find(environment) is None
    fill(folder)
    assert programs.find(environment) == Programs.in_folder(folder)


def test_cache_is_below_home_without_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without XDG_CACHE_HOME it is ~/.cache."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert programs.cache_folder({}).is_relative_to(tmp_path / ".cache" / "multicasskop")


def test_program_that_cannot_be_run_does_not_count(tmp_path: Path) -> None:
    """A file without the right to execute it is no program."""
    folder = fill(tmp_path)
    (folder / "etcd").chmod(0o644)
    assert Programs.in_folder(folder) is None
