from pipeline.models.criteria import CriterionAnswer, ExitCriterion
from pipeline.models.deal import Deal, DealFile, DealQuerySet, StageMove
from pipeline.models.forecast import QuarterForecast
from pipeline.models.stage import LossReason, Pipeline, Stage
from pipeline.models.stall import StallRule

__all__ = [
    "CriterionAnswer",
    "Deal",
    "DealQuerySet",
    "DealFile",
    "ExitCriterion",
    "LossReason",
    "Pipeline",
    "QuarterForecast",
    "Stage",
    "StageMove",
    "StallRule",
]
