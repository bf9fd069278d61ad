"""The gait of a walking body: the motion of each bone from the distance walked, with the feet on the ground."""

import numpy as np

# Bones, in the order of the pose array; the side's offset is added for limbs: 0 left, 5 right.
PELVIS, CHEST, HEAD = 0, 1, 2
THIGH, SHIN, FOOT, UPPER_ARM, FOREARM = 3, 4, 5, 6, 7
LEFT, RIGHT = 0, 5
BONES = 13

# Lengths as fractions of the body's height.
ANKLE, SHIN_LENGTH, THIGH_LENGTH = 0.04, 0.245, 0.235
WAIST, SHOULDER, NECK = 0.085, 0.212, 0.24
UPPER_ARM_LENGTH = 0.17
HALF_HIPS, HALF_SHOULDERS = 0.048, 0.100
TOE, HEEL = 0.10, -0.038
STRIDE = 0.82  # two steps, as a fraction of height
BRISK = 1.1  # metres per second; at this speed the limbs swing fully


def pose(height: float, distance: float, speed: float, ground: np.ndarray, heading: float) -> np.ndarray:
    """Motions `(BONES, 3, 4)` from bone axes (fractions of height; x forward, y left, z up) to world metres.

    `distance` walked in metres sets the phase of the steps, `speed` in m/s their amplitude; `ground` `(2,)` is the position and
    `heading` the direction faced, in radians from the world's x axis. The lower foot touches the ground.
    """
    phase = 2 * np.pi * distance / (STRIDE * height)
    swing = min(speed / BRISK, 1.0)
    turn = np.empty((BONES, 3, 3))
    origin = np.empty((BONES, 3))
    turn[PELVIS] = _yaw(0.07 * swing * np.sin(phase))
    turn[CHEST] = _yaw(-0.10 * swing * np.sin(phase)) @ _pitch(-0.03 - 0.02 * swing)
    turn[HEAD] = np.eye(3)
    origin[PELVIS] = 0.0
    origin[CHEST] = (0.0, 0.0, WAIST)
    origin[HEAD] = origin[CHEST] + turn[CHEST] @ (0.008, 0.0, NECK)
    lowest = 0.0
    for side, sign, step in ((LEFT, 1.0, phase), (RIGHT, -1.0, phase + np.pi)):
        forward, lift = np.sin(step), max(np.cos(step), 0.0)
        thigh = swing * (0.37 * forward + 0.06)
        shin = thigh - 0.05 - swing * (0.95 * lift**1.5 + 0.10)
        foot = 0.75 * min(shin + 0.25, 0.0) + 0.22 * swing * max(forward, 0.0)
        turn[side + THIGH], turn[side + SHIN], turn[side + FOOT] = _pitch(thigh), _pitch(shin), _pitch(foot)
        origin[side + THIGH] = turn[PELVIS] @ (0.0, sign * HALF_HIPS, 0.0)
        origin[side + SHIN] = origin[side + THIGH] - turn[side + THIGH][:, 2] * THIGH_LENGTH
        origin[side + FOOT] = origin[side + SHIN] - turn[side + SHIN][:, 2] * SHIN_LENGTH
        sole = turn[side + FOOT] @ np.array([[TOE, HEEL], [0.0, 0.0], [-ANKLE, -ANKLE]])
        lowest = min(lowest, origin[side + FOOT][2] + sole[2].min())
        arm = -0.36 * swing * forward + 0.03
        aside = _roll(sign * 0.07)
        turn[side + UPPER_ARM] = turn[CHEST] @ aside @ _pitch(arm)
        turn[side + FOREARM] = turn[CHEST] @ aside @ _pitch(arm + 0.18 + swing * 0.22 * (1 - forward))
        origin[side + UPPER_ARM] = origin[CHEST] + turn[CHEST] @ (0.0, sign * HALF_SHOULDERS, SHOULDER - 0.020)
        origin[side + FOREARM] = origin[side + UPPER_ARM] - turn[side + UPPER_ARM][:, 2] * UPPER_ARM_LENGTH
    origin[:, 2] -= lowest
    facing = _yaw(heading)
    motion = np.empty((BONES, 3, 4))
    motion[:, :, :3] = facing @ turn * height
    motion[:, :, 3] = origin @ facing.T * height
    motion[:, :2, 3] += ground
    return motion


def _pitch(angle: float) -> np.ndarray:
    """Swings what hangs down forward, and what points forward up."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])


def _roll(angle: float) -> np.ndarray:
    """Swings what hangs down to the left."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _yaw(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
