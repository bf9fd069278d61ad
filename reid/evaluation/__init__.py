"""Measures of a re-identification model on data that it has not seen."""

from reid.evaluation.ranking import Ranking, evaluate_embeddings, evaluate_ranking, evaluate_single_shot

__all__ = ["Ranking", "evaluate_embeddings", "evaluate_ranking", "evaluate_single_shot"]
