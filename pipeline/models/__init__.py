from pipeline.models.criteria import CriterionAnswer, ExitCriterion
from pipeline.models.deal import Deal, DealFile, DealQuerySet, StageMove
from pipeline.models.forecast import QuarterForecast, WinChance
from pipeline.models.method import InFlight, MethodDraft, MethodVersion, TeamPipeline
from pipeline.models.rollup import Figure, Rollup, RollupDelta
from pipeline.models.stage import LossReason, Pipeline, Stage, WinReason
from pipeline.models.stall import StallRule
from pipeline.models.working import BulkEdit, SavedView

__all__ = [
    "BulkEdit",
    "CriterionAnswer",
    "Deal",
    "DealQuerySet",
    "DealFile",
    "ExitCriterion",
    "Figure",
    "InFlight",
    "LossReason",
    "MethodDraft",
    "MethodVersion",
    "Pipeline",
    "QuarterForecast",
    "Rollup",
    "RollupDelta",
    "SavedView",
    "Stage",
    "StageMove",
    "TeamPipeline",
    "StallRule",
    "WinChance",
    "WinReason",
]
