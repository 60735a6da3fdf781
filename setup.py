# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Package of the nodes, their launch files and their configuration, for colcon and for pip."""

from pathlib import Path

from setuptools import find_packages, setup

NAME = 'follow_anything'
ROOT = Path(__file__).resolve().parent
# Folders that are installed beside package.xml, where get_package_share_directory() finds them.
SHARED_FOLDERS = ('config', 'launch', 'models', 'rviz', 'worlds')


def files_under(folder: str) -> list[str]:
    """Return the files below a folder, relative to the repository; none when it does not exist."""
    paths = sorted(path.relative_to(ROOT) for path in (ROOT / folder).rglob('*') if path.is_file())
    return [
        path.as_posix()
        for path in paths
        if not any(part.startswith(('.', '__pycache__')) for part in path.parts)
    ]


def shared_files() -> list[tuple[str, list[str]]]:
    """List what goes to <prefix>/share, one entry for each folder."""
    by_folder: dict[str, list[str]] = {}
    for shared_folder in SHARED_FOLDERS:
        for name in files_under(shared_folder):
            by_folder.setdefault(f'share/{NAME}/{Path(name).parent.as_posix()}', []).append(name)
    return [
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
        *by_folder.items(),
    ]


def package_data() -> list[str]:
    """List what lies beside the modules and is none itself: web pages, the type marker."""
    names = [Path(name).relative_to(NAME).as_posix() for name in files_under(NAME)]
    return [name for name in names if not name.endswith('.py')]


setup(
    name=NAME,
    version='0.1.0',
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    package_data={NAME: package_data()},
    data_files=shared_files(),
    python_requires='>=3.10',
    # For pip; rosdep reads package.xml. requirements/ has the versions that were tested together.
    install_requires=['numpy>=1.23', 'opencv-contrib-python-headless', 'PyYAML', 'rich', 'typer'],
    extras_require={
        'sim': ['imageio-ffmpeg', 'matplotlib', 'mujoco', 'pillow', 'pyfqmr'],
        'bags': ['mcap'],
        'cluster': ['ray'],
        'models': ['onnxruntime', 'pooch', 'safetensors'],
        'robots': ['pymavlink', 'pyserial'],
        'test': ['hypothesis', 'pytest', 'pytest-timeout'],
    },
    zip_safe=True,
    author='The follow_anything authors',
    maintainer='The follow_anything authors',
    maintainer_email='maintainers@follow-anything.example',
    description='Say it, show it or click it, and the robot follows it.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'detector_node = follow_anything.ros.detector_node:main',
            'tracker_node = follow_anything.ros.tracker_node:main',
            'controller_node = follow_anything.ros.controller_node:main',
            'visualizer_node = follow_anything.ros.visualizer_node:main',
            'sim_node = follow_anything.sim.node:main',
        ],
    },
)
