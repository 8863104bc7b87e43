"""`cbtool profiles import` and `export`: other libraries' configuration in and out."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # Typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer

from cbtool.cli.options.shared import JsonOption, option, parsed  # same
from cbtool.errors import ConfigurationError, UnreachableError

if TYPE_CHECKING:
    from cbtool.foreign.reading import Imported
    from cbtool.profiles import Profile


def import_file(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Another library's configuration; - is standard input.")
    ],
    library: Annotated[
        str | None, option("--from", help="Whose configuration it is, where its content does not tell.")
    ] = None,
    instance: Annotated[
        str | None, option("--instance", help="The one breaker to print, of several in the file.")
    ] = None,
    folder: Annotated[
        Path | None, option("--output", "-o", help="Write each breaker's profile into this folder.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make profiles of another library's configuration file.

    Reads Spring's application.yml and .properties (resilience4j, Hystrix),
    Envoy, Istio, Linkerd and Traefik YAML, nginx and HAProxy, Polly's
    appsettings.json, Sentinel's rules, and any library's arguments as JSON or TOML. Every breaker
    in the file becomes a profile of its name. What is no setting of a breaker
    is named on standard error.

    \b
    Examples:
      cbtool profiles import application.yml > payments.toml
      cbtool profiles import application.yml -o profiles/
      cbtool profiles import breaker.json --from pybreaker
    """
    from cbtool.cli.output import note, print_json, print_text
    from cbtool.foreign.reading import import_profiles
    from cbtool.foreign.source import read_text
    from cbtool.profiles import breaker_table, dump_profile, outcomes_table

    imported = import_profiles(read_text(file), "standard input" if file == "-" else file, library)
    profiles = _chosen(imported, instance, file)
    for remark in imported.remarks:
        note(f"cbtool: {remark}")
    if folder is not None:
        _save(folder, profiles)
    if json:
        print_json(
            {
                "library": imported.library,
                "profiles": [
                    {
                        "name": profile.name,
                        "breaker": breaker_table(profile.config),
                        "outcomes": outcomes_table(profile.rules),
                    }
                    for profile in profiles
                ],
                "remarks": list(imported.remarks),
            }
        )
    elif folder is None:
        if len(profiles) > 1:
            names = ", ".join(profile.name for profile in profiles)
            raise ConfigurationError(
                f"{file} has {len(profiles)} breakers ({names});"
                " choose one with --instance NAME, or write each with --output FOLDER"
            )
        print_text(dump_profile(profiles[0]).removesuffix("\n"))


def _chosen(imported: Imported, instance: str | None, file: str) -> list[Profile]:
    profiles = [each for each in imported.profiles if instance in {None, each.name}]
    if not profiles:
        names = ", ".join(profile.name for profile in imported.profiles)
        raise ConfigurationError(f"{file} has no breaker {instance!r}; there are {names}")
    return profiles


def _save(folder: Path, profiles: list[Profile]) -> None:
    from cbtool.cli.output import note
    from cbtool.foreign.source import file_names
    from cbtool.profiles import dump_profile

    for profile, name in zip(profiles, file_names([each.name for each in profiles]), strict=True):
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(dump_profile(profile), encoding="utf-8")
        except OSError as error:
            raise UnreachableError.unwritable(path, error) from None
        note(f"profile written to {path}")


def export(
    profile: Annotated[
        str, typer.Argument(metavar="PROFILE", help="A profile's file, or a shipped profile's name.")
    ],
    library: Annotated[str, option("--to", help="The library that it is for, such as resilience4j.")],
    form: Annotated[
        str | None,
        option(
            "--format", help="code, yaml, properties, config, json or toml; default: the library's usual."
        ),
    ] = None,
    rate: Annotated[
        str | None,
        option("--rate", help="Calls that one breaker sees, such as 50/s: turns calls into time and back."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Print a profile as another library's users write it.

    Code, or the library's own configuration file, with the reason of each value;
    JSON holds no comments, and its reasons go to standard error.
    A profile of other semantics becomes the nearest settings that the library
    has; what is lost is said in a comment and on standard error. `profiles
    import` reads every format but code back.

    \b
    Examples:
      cbtool profiles export balanced --to resilience4j
      cbtool profiles export mine.toml --to gobreaker --rate 50/s
      cbtool profiles export mine.toml --to polly --format json
    """
    from cbtool.cli.output import note, print_json, print_text
    from cbtool.foreign.writing import export_profile
    from cbtool.profiles import breaker_table, load_profile
    from cbtool.units import parse_rate

    load = None if rate is None else parsed("--rate", parse_rate, rate)
    exported = export_profile(load_profile(profile), library, form=form, rate=load)
    for remark in exported.remarks():
        note(f"cbtool: {remark}")
    if json:
        print_json(
            {
                "library": exported.library,
                "format": exported.format,
                "snippet": exported.text,
                "reasons": dict(exported.reasons),
                "lost": list(exported.losses),
                "breaker": breaker_table(exported.config),
            }
        )
    else:
        print_text(exported.text.removesuffix("\n"))
