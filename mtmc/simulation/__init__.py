"""A rendered world of walking people: the built-in default data, with exact ground truth for every camera and moment."""

from mtmc.simulation.backdrop import Place
from mtmc.simulation.crops import CropPeople
from mtmc.simulation.demo import demo_sequences, figure_scene
from mtmc.simulation.detections import SimulatedDetector, haunted_places
from mtmc.simulation.rendering import Scene, Truth
from mtmc.simulation.room import meeting, room, rooms
from mtmc.simulation.world import State, Trajectories, Visit, World, populate
from mtmc.simulation.writing import write_sequence

__all__ = [
    "CropPeople",
    "Place",
    "Scene",
    "SimulatedDetector",
    "State",
    "Trajectories",
    "Truth",
    "Visit",
    "World",
    "demo_sequences",
    "figure_scene",
    "haunted_places",
    "meeting",
    "populate",
    "room",
    "rooms",
    "write_sequence",
]
