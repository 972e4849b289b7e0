"""What people and Cody and Zoho do meanwhile, without anything being out of order."""

from cody2zoho.prove.fault import Fault, Heal, Strike, healed
from cody2zoho.prove.stage import Stage

_SOME_ROWS = 4
_LAG_SECONDS = 60.0
_USUAL_LAG_SECONDS = 30.0


def _end_tokens(stage: Stage, _strike: Strike) -> Heal:
    stage.far_end.end_tokens()
    return healed


def _move_rows(stage: Stage, strike: Strike) -> Heal:
    """Every row below a deleted one moves up, perhaps to a page that was read already."""
    stage.far_end.delete(_SOME_ROWS, strike.seed, with_case=True)
    return healed


def _delete(stage: Stage, strike: Strike) -> Heal:
    stage.far_end.delete(_SOME_ROWS, strike.seed, with_case=False)
    return healed


def _lag(stage: Stage, _strike: Strike) -> Heal:
    stage.far_end.turn_zoho(index_lag_seconds=_LAG_SECONDS)

    def heal() -> bool:
        stage.far_end.turn_zoho(index_lag_seconds=_USUAL_LAG_SECONDS)
        return True

    return heal


FAULTS = (
    # Zoho allows ten refreshes in ten minutes, whatever happens; a day's worth of dead tokens does not fit into a run.
    Fault("end-tokens", "all access tokens ended early", "tokens", _end_tokens, most=1),
    Fault("move-rows", "rows moving between pages", "rows", _move_rows),
    Fault("delete", "conversations deleted on their way", "rows", _delete),
    Fault("lag", "Zoho's search index 60 s behind", "index", _lag, (2.0, 6.0)),
)
