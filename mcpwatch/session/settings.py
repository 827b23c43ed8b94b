"""What a session is made of besides its targets: values only, and the redactor that they ask for.

Owns which secrets are known before anything runs: those of the environment, of the targets, and of the model that
answers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mcpwatch.redact import Redactor, environment_secrets
from mcpwatch.session.answers import Answers
from mcpwatch.session.options import ClientOptions
from mcpwatch.session.target import Target

if TYPE_CHECKING:
    from mcpwatch.session.answers.llm import Llm

__all__ = ["Settings", "redactor_for"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a session is made of, besides its targets.

    `record` names the recording; without it a temporary file serves while the session lasts. `secrets`, `redact_keys`
    and `redact_patterns` are redacted besides what always is; `redact=False` writes everything as it came. `by_link`
    are the options of links that have their own. `llm` is the model among those who answer, whose calls are recorded.
    """

    options: ClientOptions = field(default_factory=ClientOptions)
    by_link: Mapping[str, ClientOptions] = field(default_factory=dict[str, ClientOptions])
    answers: Answers = field(default_factory=Answers)
    llm: Llm | None = None
    record: Path | None = None
    force: bool = False
    redact: bool = True
    secrets: tuple[str, ...] = ()
    redact_keys: tuple[str, ...] = ()
    redact_patterns: tuple[str, ...] = ()


def redactor_for(targets: Sequence[Target], settings: Settings) -> Redactor | None:
    """What takes the secrets out of every event; None where nothing is to be taken out."""
    if not settings.redact:
        return None
    secrets = [*environment_secrets(os.environ), *settings.secrets]
    for options in (settings.options, *settings.by_link.values()):
        secrets += () if options.access is None else options.access.secrets
    if settings.llm is not None:
        secrets += settings.llm.secrets
    for target in targets:
        secrets += environment_secrets(target.env)
        secrets += environment_secrets({name.replace("-", "_"): value for name, value in target.headers.items()})
    return Redactor(secrets=secrets, keys=settings.redact_keys, patterns=settings.redact_patterns)
