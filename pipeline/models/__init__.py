from pipeline.models.criteria import CriterionAnswer, ExitCriterion
from pipeline.models.deal import Deal, DealFile, DealQuerySet, StageMove
from pipeline.models.method import InFlight, MethodDraft, MethodVersion, TeamPipeline
from pipeline.models.stage import LossReason, Pipeline, Stage

__all__ = [
    "CriterionAnswer",
    "Deal",
    "DealQuerySet",
    "DealFile",
    "ExitCriterion",
    "InFlight",
    "LossReason",
    "MethodDraft",
    "MethodVersion",
    "Pipeline",
    "Stage",
    "StageMove",
    "TeamPipeline",
]
