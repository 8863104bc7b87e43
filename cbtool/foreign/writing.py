"""From a profile to a text of another library's configuration, with the reason of each value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cbtool.breaker.dialects import dialect_named
from cbtool.breaker.native import Unit, seconds_of
from cbtool.errors import ConfigurationError
from cbtool.foreign import arguments, files, losses
from cbtool.foreign.layout import Entry, comment_lines, json_text, toml_text
from cbtool.foreign.library_calls import CALLS
from cbtool.foreign.meanings import meaning
from cbtool.foreign.translate import Translation, translated
from cbtool.toml.tables import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker.config import BreakerConfig
    from cbtool.profiles import Profile

FORMATS = ("code", "yaml", "properties", "config", "json", "toml")


@dataclass(frozen=True)
class Exported:
    """A snippet.

    Attributes:
        library: whose it is.
        format: one of `FORMATS`.
        text: what a user pastes, comments included where the format has any.
        reasons: by the library's own name of a setting, why it has its value.
        losses: what the library cannot say, a sentence each.
        config: what the snippet configures, in the library's dialect.
    """

    library: str
    format: str
    text: str
    reasons: Mapping[str, str]
    losses: tuple[str, ...]
    config: BreakerConfig

    def remarks(self) -> list[str]:
        """Return what a user must hear beside the text: its reasons, if it holds none, and its losses."""
        silent = not _holds_comments(self.library, self.format)
        reasons = [f"{name}: {reason}" for name, reason in self.reasons.items()] if silent else []
        return reasons + [f"lost: {loss}" for loss in self.losses]


def formats_of(library: str) -> tuple[str, ...]:
    """Return the formats that a library's settings are written in, its usual one first."""
    code = ("code",) if library in CALLS else ()
    own = tuple(files.FORMATS.get(library, {}))
    return tuple(dict.fromkeys((*code, *own, "json", "toml")))


def known_library(library: str) -> None:
    """Make sure that there is such a library.

    Raises:
        ConfigurationError: there is none; offers the nearest.
    """
    if library not in arguments.LIBRARIES:
        raise ConfigurationError(
            f"{library} is no library that cbtool knows{did_you_mean(library, arguments.LIBRARIES)}"
        )


def export_profile(
    profile: Profile,
    library: str,
    *,
    form: str | None = None,
    rate: float | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Exported:
    """Return a profile as a library's users write it.

    Args:
        profile: of any dialect; see `cbtool.foreign.translate` for one of another than the library's.
        library: the target dialect's name.
        form: one of `formats_of(library)`; None: the first of them.
        rate: calls a second that one breaker sees, to turn calls into time; None: unknown.
        reasons: by our word, why a setting has its value.

    Raises:
        ConfigurationError: the library or the format is unknown, or it cannot say such a profile at all.
    """
    known_library(library)
    forms = formats_of(library)
    if form is not None and form not in forms:
        raise ConfigurationError(f"{library} is written as {', '.join(forms)}, not as {form}")
    form = form or forms[0]
    translation = translated(profile.config, library, rate)
    translation = _without(translation, library, form)
    # What was changed for the library no longer has the profile's reason; the losses say why it changed.
    still = {
        word: why
        for word, why in (reasons or {}).items()
        if getattr(translation.config, word, None) == getattr(profile.config, word, None)
    }
    entries = _entries(translation.config, still)
    text = _text(profile.name, library, form, entries)
    head = _head(profile, library, translation.losses) if _holds_comments(library, form) else []
    mark = _mark(library, form)
    above = "".join(f"{line}\n" for sentence in head for line in comment_lines(sentence, mark))
    why = {entry.name: entry.comment for entry in entries}
    return Exported(library, form, above + text, why, translation.losses, translation.config)


def _without(translation: Translation, library: str, form: str) -> Translation:
    """Leave out what a format of a library cannot say."""
    config, lost = translation.config, list(translation.losses)
    for word, (why, without) in files.LEFT_OUT.get((library, form), {}).items():
        value = getattr(config, word)
        if value not in {without, None}:
            lost.append(f"{word} = {losses.shown(word, value)}: {why}")
            config = replace(config, **{word: without})
    return Translation(config, tuple(lost))


def _holds_comments(library: str, form: str) -> bool:
    """Return whether a snippet says its reasons itself; JSON can't, but as .NET reads it."""
    return form != "json" or library == "polly"


def _mark(library: str, form: str) -> str:
    if form == "code":
        return CALLS[library].language.comment
    return "//" if form == "json" else "#"


def _head(profile: Profile, library: str, lost: tuple[str, ...]) -> list[str]:
    rules = profile.rules
    ignored = f", and neither of {', '.join(rules.ignored)}" if rules.ignored else ""
    outcomes = f"Failures are {', '.join(rules.failure)}{ignored}: tell {library} so where it asks."
    return [f"{profile.name}, for {dialect_named(library).title}.", outcomes] + [f"Lost: {s}." for s in lost]


def _entries(config: BreakerConfig, reasons: Mapping[str, str]) -> list[Entry]:
    """Return every setting that is one of our words or is not at its default, with its reason."""
    settings = {setting.name: setting for setting in config.dialect.settings}
    entries = []
    for name, value in config.dialect.to_native(config).items():
        setting = settings.get(name)
        optional = setting is not None and setting.word is None and value == setting.default
        if value is None or optional:
            continue
        entries.append(Entry(name, value, meaning(config, name, setting, reasons)))
    return entries


def _text(name: str, library: str, form: str, entries: list[Entry]) -> str:
    own = files.FORMATS.get(library, {}).get(form)
    if own is not None:
        return own(name, [_written(library, form, entry) for entry in entries])
    if form == "code":
        units = {setting.name: setting.unit for setting in dialect_named(library).settings}
        return CALLS[library].text(name, entries, units)
    if form == "toml":
        return toml_text((library, name), entries)
    return json_text((library, name), entries)


def _written(library: str, form: str, entry: Entry) -> Entry:
    """Return an entry with a duration as the library's own files write it."""
    units = {setting.name: setting.unit for setting in dialect_named(library).settings}
    style = files.DURATIONS.get((library, form))
    timed = units.get(entry.name) is Unit.DURATION or entry.name in files.TIMED
    if style is None or not timed:
        return entry
    value: Any = style(seconds_of(entry.value))
    return Entry(entry.name, value, entry.comment)
