"""The tables. Peewee calls these classes models; here a Model is an ONNX file, so they are tables.

Times are integer milliseconds since 1970 (UTC). `version` is the id of the step that wrote the row
last: it is unique to its content, so an optimistic lock cannot be fooled by undo and redo.
"""

from __future__ import annotations

from store.tables.annotations import Annotation
from store.tables.concepts import Concept, ConceptRelation
from store.tables.counts import AnnotationCount, AssignmentCount
from store.tables.history import Event, Step
from store.tables.inputs import Dataset, DatasetInput, DatasetVersion, DatasetVersionInput, Input
from store.tables.jobs import Engine, Job
from store.tables.learning import Embedded, Training
from store.tables.models import Model, ModelConcept, ModelVersion, Workflow
from store.tables.predictions import Predicted, Prediction
from store.tables.project import ProjectInfo, User, UserState
from store.tables.reviews import Comment, GoldAnswer, Review
from store.tables.table import PathField, Table, database
from store.tables.tasks import Assignment, Task, TaskConcept, TaskMember

__all__ = [
    "TABLES",
    "Annotation",
    "AnnotationCount",
    "Assignment",
    "AssignmentCount",
    "Comment",
    "Concept",
    "ConceptRelation",
    "Dataset",
    "DatasetInput",
    "DatasetVersion",
    "DatasetVersionInput",
    "Embedded",
    "Engine",
    "Event",
    "GoldAnswer",
    "Input",
    "Job",
    "Model",
    "ModelConcept",
    "ModelVersion",
    "PathField",
    "Predicted",
    "Prediction",
    "ProjectInfo",
    "Review",
    "Step",
    "Table",
    "Task",
    "TaskConcept",
    "TaskMember",
    "Training",
    "User",
    "UserState",
    "Workflow",
    "database",
]

TABLES: list[type[Table]] = Table.__subclasses__()
