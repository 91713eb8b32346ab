"""The errors with which stitchback ends a command. A bug is any other exception; only the CLI's boundary catches it."""

from __future__ import annotations


class StitchbackError(Exception):
    """A refusal: names what is wrong, the reason and the next step.

    `exit_code` is the process exit code of DESIGN: 2 usage or environment, 3 refused.
    `code` is stable and can be explained (`stitchback explain CODE`); `evidence` holds lines to show below, `example` the lines of a file
    that the hint speaks of, to be pasted.
    """

    exit_code = 2

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        evidence: tuple[str, ...] = (),
        example: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.evidence = evidence
        self.example = example


class EnvironmentProblem(StitchbackError):
    """Usage or environment: no such ref, not a repository, a shallow clone, a dirty file, a file not to be written."""

    exit_code = 2


class Refusal(StitchbackError):
    """No plan could be proved, or what was asked for would not be safe."""

    exit_code = 3
