"""A rendered world of walking people: the embedded default data, with exact truth for every camera and moment."""

from mtmc.scene.backdrop import Place
from mtmc.scene.crops import CropPeople
from mtmc.scene.demo import demo_sequences, figure_scene
from mtmc.scene.detections import Detector, haunted_places
from mtmc.scene.rendering import Scene, Truth
from mtmc.scene.room import room, rooms
from mtmc.scene.world import Presence, State, Visit, World, populate
from mtmc.scene.writing import write_sequence

__all__ = [
    "CropPeople",
    "Detector",
    "Place",
    "Presence",
    "Scene",
    "State",
    "Truth",
    "Visit",
    "World",
    "demo_sequences",
    "figure_scene",
    "haunted_places",
    "populate",
    "room",
    "rooms",
    "write_sequence",
]
