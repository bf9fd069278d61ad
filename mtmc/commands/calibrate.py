"""Fit cameras to points with known image and world positions.

FILE is a CSV whose first line is u,v,x,y, with z for points above the ground and camera for points of several cameras. u and v
are pixels; x, y and z are metres, with the ground at z = 0. Points on the ground (4 or more) give a homography. Points some of
which are above it (6 or more, not in one plane), or a known K and lens, give a full camera, which also measures heights. The
command prints the error of every point; it reports an implausible camera and does not write it.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the points, what is already known, and the output file."""
    parser.add_argument("--points", type=Path, required=True, metavar="FILE", help="CSV: u,v,x,y[,z][,camera]")
    parser.add_argument("--width", type=int, metavar="PIXELS", help="image width; required for points above the ground")
    parser.add_argument("--height", type=int, metavar="PIXELS", help="image height")
    parser.add_argument("--known", type=Path, metavar="YAML", help="cameras of the same names, whose K and distortion to keep")
    parser.add_argument("--unit", default="m", metavar="NAME", help="unit of x and y of a homography (default: %(default)s)")
    parser.add_argument("--output", type=Path, required=True, metavar="YAML", help="camera file to write or extend")


def run(options: argparse.Namespace) -> None:
    """Fit each camera, print the errors, and write all cameras or none."""
    from dataclasses import replace

    from mtmc.calibration import Camera, CameraEntry, fit_camera, load_cameras, read_camera_file, save_cameras
    from mtmc.calibration.points_file import read_points
    from reid.common.errors import InputError

    if (options.width is None) != (options.height is None):
        raise InputError("--width and --height must be given together")
    size = (options.width, options.height) if options.width is not None else None
    if size is not None and min(size) <= 0:
        raise InputError("--width and --height must be above 0")
    given = load_cameras(options.known) if options.known else {}
    known = {name: camera for name, camera in given.items() if isinstance(camera, Camera)}
    entries = read_camera_file(options.output) if options.output.is_file() else {}
    for name, points in read_points(options.points).items():
        if options.known and name not in known:
            raise InputError(f"{options.known}: no K for camera {name}; add it there, or leave --known out")
        try:
            fit = fit_camera(points, size, options.unit, known.get(name))
        except ValueError as error:
            raise InputError(f"{options.points}: camera {name}: {error}") from None
        _print_fit(name, points, fit)
        entries[name] = replace(entries.get(name, CameraEntry(fit.camera)), camera=fit.camera)
    save_cameras(options.output, entries)
    print(f"{len(entries)} cameras: {options.output}")


def _print_fit(name: str, points, fit) -> None:
    import numpy as np
    from rich.console import Console
    from rich.table import Table

    camera = fit.camera
    table = Table("line", "u", "v", "x", "y", "z", "error, px", f"error, {camera.unit}", title=f"camera {name}")
    rows = zip(points.lines, points.pixels, points.points, fit.errors, fit.ground_errors, strict=True)
    for line, pixel, point, error, aside in rows:
        numbers = [f"{value:g}" for value in (*pixel, *point)]
        table.add_row(str(line), *numbers, f"{error:.2f}", "" if np.isnan(aside) else f"{aside:.3g}")
    Console().print(table)
    if camera.has_height:
        x, y, z = camera.position
        kind = f"a camera {z:.2f} m above ({x:.2f}, {y:.2f}), focal length {camera.matrix[0, 0]:.0f} px"
    else:
        kind = f"a homography of the ground in {camera.unit}, without heights"
    exact = " (four points always fit: add more to check them)" if len(points) == 4 else ""
    print(f"{name}: {kind}; root mean square error {fit.root_mean_square:.2f} px{exact}")
