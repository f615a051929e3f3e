"""A judgement in words, conclusion first: what the enterprise has, the standard, the way to the next band.

Numbers are shown so that they never contradict the judgement: 2.9999% is not printed as 3.00%, and a
distance is rounded up, so that the sum printed is enough.
"""

from cultivation.wording.conclusions import ClassBar, Explanation, conclusion, explain, step_sentence
from cultivation.wording.rows import Row, rows
from cultivation.wording.tags import document_of, element_tag, fact_list, outcome_tag, say

__all__ = [
    "ClassBar",
    "Explanation",
    "Row",
    "conclusion",
    "document_of",
    "element_tag",
    "explain",
    "fact_list",
    "outcome_tag",
    "rows",
    "say",
    "step_sentence",
]
