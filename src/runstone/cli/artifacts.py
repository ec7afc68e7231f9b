"""``runstone artifacts``: mlflow's commands and options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .shell import fail, json_done_option, json_option, named, store_option

if TYPE_CHECKING:
    from runstone.contracts import ArtifactStore, Store

_run = named("run", "-r", "--run-id", help="Id of the run, or the beginning of it; may also stand alone.")


@click.group()
def artifacts() -> None:
    """List, download and add files of a run."""


@artifacts.command("list")
@_run
@click.option("-a", "--artifact-path", default="", help="Folder to list; default: the top.")
@json_option
@store_option
def list_artifacts(run: str, artifact_path: str, as_json: bool, store: str) -> None:
    """Files and folders of one level."""
    from .opening import open_for_reading
    from .output import print_json, print_table

    _, root = _root(open_for_reading(store), run)
    found = root.list(artifact_path)
    if not found and artifact_path:
        found = [root.stat(artifact_path)]  # a file; what is not there is an error
    if as_json:
        print_json(found)
        return
    print_table(["Path", "Bytes"], [(one.path + "/" * one.is_dir, one.file_size) for one in found], right=["Bytes"])


@artifacts.command("download")
@named("run", "-r", "--run-id", required=False, help="Id of the run, or the beginning of it; may also stand alone.")
@click.option("-a", "--artifact-path", default="", help="File or folder of the run; default: all.")
@click.option("-u", "--artifact-uri", default="", help="A place instead of a run: a folder, or runs:/RUN/PATH.")
@click.option("-d", "--dst-path", type=click.Path(path_type=Path, file_okay=False), default=None, help="Default: a new folder.")
@json_done_option
@store_option
def download(run: str, artifact_path: str, artifact_uri: str, dst_path: Path | None, store: str) -> None:
    """Copy files to a folder here and print where they are."""
    import tempfile

    from runstone import connect
    from runstone.client.downloads import fetch_by_name
    from runstone.query.run_models import folder_of, newest_model

    from .opening import find_run, open_for_reading
    from .output import done

    if bool(run) == bool(artifact_uri):
        raise click.UsageError("Give either --run-id or --artifact-uri.")
    if artifact_uri.startswith("runs:/"):
        run, _, artifact_path = artifact_uri.removeprefix("runs:/").lstrip("/").partition("/")
    opened = open_for_reading(store) if run else None
    root = _root(opened, run)[1] if opened else connect.open_artifacts(artifact_uri)
    if opened and artifact_uri:
        found = find_run(opened, run)
        model = newest_model(opened, found, artifact_path.strip("/"))
        folder = folder_of(found, model) if model else artifact_path
        if model and not folder:
            root = connect.open_artifacts(model.artifact_location)
        artifact_path = folder or ""
    target = dst_path or Path(tempfile.mkdtemp(prefix="runstone-"))
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        fail(f"Cannot make the folder {str(target)!r}: {cause.strerror}.")
    path = str(fetch_by_name(root, artifact_path, target) if artifact_uri else root.fetch(artifact_path, target))
    done(path, path=path)


@artifacts.command("log-artifact")
@_run
@click.option("-l", "--local-file", type=click.Path(path_type=Path), required=True, help="The file to add.")
@click.option("-a", "--artifact-path", default="", help="Folder of the run to put it in.")
@json_done_option
@store_option
def log_artifact(run: str, local_file: Path, artifact_path: str, store: str) -> None:
    """Add a file to a run."""
    _add(run, local_file, artifact_path, store, whole_folder=False)


@artifacts.command("log-artifacts")
@_run
@click.option("-l", "--local-dir", type=click.Path(path_type=Path), required=True, help="The folder whose content to add.")
@click.option("-a", "--artifact-path", default="", help="Folder of the run to put it in.")
@json_done_option
@store_option
def log_artifacts(run: str, local_dir: Path, artifact_path: str, store: str) -> None:
    """Add a folder's content to a run."""
    _add(run, local_dir, artifact_path, store, whole_folder=True)


def _add(run: str, source: Path, place: str, store: str, whole_folder: bool) -> None:
    from runstone.contracts import Batch
    from runstone.records import ArtifactLogged

    from .opening import milliseconds, open_for_reading
    from .output import done

    if whole_folder and not source.is_dir():
        fail(f"{str(source)!r} is no folder." + (" `log-artifact` adds a single file." if source.exists() else ""))
    if not whole_folder and not source.is_file():
        fail(f"{str(source)!r} is no file." + (" `log-artifacts` adds a folder." if source.is_dir() else ""))
    opened = open_for_reading(store)
    run_id, root = _root(opened, run)
    place = place.strip("/")
    if whole_folder:
        put = list(root.put_tree(source, place))
    else:
        put = [root.put(source, f"{place}/{source.name}" if place else source.name)]
    now = milliseconds()
    opened.write(Batch([ArtifactLogged(run_id, one.path, one.size, one.digest, now) for one in put]))
    sentence = f"Logged {len(put)} file{'s' * (len(put) != 1)} to run {run_id}."
    done(sentence, run_id=run_id, files=[one.path for one in put])


def _root(store: Store, run: str) -> tuple[str, ArtifactStore]:
    from runstone import connect

    from .opening import find_run

    info = find_run(store, run).info
    if not info.artifact_uri:
        fail(f"Run {info.run_id} has no artifact location.")
    return info.run_id, connect.open_artifacts(info.artifact_uri)
