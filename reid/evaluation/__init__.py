"""Evaluation of re-identification models on unseen data."""

from reid.evaluation.ranking import (
    Ranking,
    check_positives,
    evaluate_embeddings,
    evaluate_features,
    evaluate_ranking,
    evaluate_single_shot,
)

__all__ = ["Ranking", "check_positives", "evaluate_embeddings", "evaluate_features", "evaluate_ranking", "evaluate_single_shot"]
