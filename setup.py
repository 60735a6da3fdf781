# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Package of the nodes, their launch files and their configuration, for colcon and for pip."""

from pathlib import Path

from setuptools import find_packages, setup

NAME = 'follow_anything'
ROOT = Path(__file__).resolve().parent
# Folders that are installed beside package.xml, where get_package_share_directory() finds them.
SHARED_FOLDERS = ('config', 'launch', 'models', 'worlds')


EXTRAS = {
    # mj_multiRay() takes other arguments from MuJoCo 4 on.
    'sim': ['matplotlib>=3.5', 'mujoco>=3.1,<4', 'pillow>=9', 'pyfqmr>=0.2'],
    'bags': ['mcap>=1.1'],
    'console': ['starlette>=0.27', 'uvicorn>=0.23', 'websockets>=11'],
    'cluster': ['ray>=2.9'],
    'export': ['onnx>=1.15'],
    'models': ['pooch>=1.6', 'safetensors>=0.4'],
    'robots': ['pymavlink>=2.4.40', 'pyserial>=3.5'],
    'test': ['hypothesis>=6.36', 'pytest>=7', 'pytest-timeout>=2.1'],
}
"""What one kind of use needs beside; `all` is everything."""


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
    # What `track` and `detect` need with their defaults; a floor or a bound is one that was seen.
    install_requires=[
        'imageio-ffmpeg>=0.4',
        'numpy>=1.21.5',
        'onnxruntime>=1.16',
        'opencv-contrib-python-headless>=4.5.4',
        'PyYAML>=5.4',
        'rich>=11.2',
        'scipy>=1.8',
        'typer>=0.12.5',
    ],
    extras_require={**EXTRAS, 'all': sorted({name for some in EXTRAS.values() for name in some})},
    zip_safe=True,
    author='The follow_anything authors',
    maintainer='The follow_anything authors',
    maintainer_email='maintainers@follow-anything.example',
    description='Say it, show it or click it, and the robot follows it.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'follow_anything = follow_anything.__main__:main',
            'detector_node = follow_anything.ros.nodes.detector:main',
            'tracker_node = follow_anything.ros.nodes.tracker:main',
            'controller_node = follow_anything.ros.nodes.controller:main',
            'watchdog_node = follow_anything.ros.nodes.watchdog:main',
            'visualizer_node = follow_anything.ros.nodes.visualizer:main',
            'console_node = follow_anything.ros.nodes.console:main',
            'mavlink_camera_node = follow_anything.ros.nodes.mavlink_camera:main',
            'sim_node = follow_anything.ros.nodes.simulator:main',
        ],
    },
)
