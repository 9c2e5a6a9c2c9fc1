from pipeline.models.criteria import CriterionAnswer, ExitCriterion
from pipeline.models.deal import Deal, DealFile, DealQuerySet, StageMove
from pipeline.models.forecast import QuarterForecast
from pipeline.models.stage import LossReason, Pipeline, Stage

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
]
