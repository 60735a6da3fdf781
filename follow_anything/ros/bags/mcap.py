# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""MCAP files of ROS 2 messages, as rosbag2 and Foxglove read and write them, without rosbag2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import importlib
import os
from pathlib import Path
import re
import struct
from types import TracebackType
from typing import Any

from follow_anything.core.errors import MissingDependency, SourceError
from rclpy.serialization import deserialize_message, serialize_message

__all__ = ['BagWriter', 'message_type', 'read_bag']

NOTES = 'follow_anything'
MAGIC = b'\x89MCAP0\r\n'
"""What every MCAP file begins with."""

RULE = '=' * 80


def message_type(datatype: str) -> Any:
    """Return the class of a type such as std_msgs/msg/String; SourceError when not installed."""
    package, _, name = datatype.partition('/msg/')
    try:
        return getattr(importlib.import_module(f'{package}.msg'), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SourceError(f'the message type {datatype!r} is not installed here') from error


def _mcap() -> tuple[Any, Any]:
    try:
        return importlib.import_module('mcap.writer'), importlib.import_module('mcap.reader')
    except ImportError as error:
        raise MissingDependency('bags need mcap: pip install mcap') from error


def _definition(datatype: str) -> str:
    """Return the definition of a type and of all it is made of, as MCAP's ros2msg wants it."""
    texts, waiting = {}, [datatype]
    while waiting:
        name = waiting.pop(0)
        if name in texts:
            continue
        texts[name] = _message_file(name)
        package = name.partition('/')[0]
        for field in re.findall(r'^\s*([A-Za-z]\w*(?:/\w+)?)[\[ ]', texts[name], re.M):
            if '/' in field:
                waiting.append(field.replace('/', '/msg/'))
            elif field == 'Header':
                waiting.append('std_msgs/msg/Header')
            elif field[0].isupper():
                waiting.append(f'{package}/msg/{field}')
    first, *others = texts
    parts = [texts[first]]
    parts += [f'{RULE}\nMSG: {name.replace("/msg/", "/")}\n{texts[name]}' for name in others]
    return '\n'.join(parts)


def _message_file(datatype: str) -> str:
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        path = Path(prefix) / 'share' / f'{datatype}.msg'
        if path.is_file():
            return path.read_text(encoding='utf-8')
    raise SourceError(f'the definition of {datatype} is not in AMENT_PREFIX_PATH')


def _is_bag_or_empty(path: Path) -> bool:
    with path.open('rb') as file:
        return file.read(len(MAGIC)) in (MAGIC, b'')


class BagWriter:
    """
    Writes messages to an MCAP file.

    :param notes: kept with the messages.
    :raises SourceError: the file cannot be written. :raises MissingDependency: no mcap.
    """

    def __init__(self, path: Path, notes: Mapping[str, str]) -> None:
        writer, _ = _mcap()
        try:
            is_ours = not path.is_file() or _is_bag_or_empty(path)
            file = path.open('wb') if is_ours else None
        except OSError as error:
            raise SourceError(f'cannot write {path}: {error}') from error
        if file is None:
            raise SourceError(f'{path} is no bag, and would be lost; give another name')
        self._file = file
        # The fast one: who records must not lose pictures for the sake of a smaller file.
        self._writer = writer.Writer(self._file, compression=writer.CompressionType.LZ4)
        self._writer.start(profile='ros2', library='follow_anything')
        self._writer.add_metadata(NOTES, dict(notes))
        self._channels: dict[str, int] = {}

    def write(self, topic: str, message: Any, log_time_ns: int) -> None:
        """Write a message."""
        kind = type(message)
        datatype = f'{kind.__module__.split(".")[0]}/msg/{kind.__name__}'
        self.write_raw(topic, datatype, serialize_message(message), log_time_ns)

    def write_raw(self, topic: str, datatype: str, data: bytes, log_time_ns: int) -> None:
        """Write a message that is serialized already."""
        if topic not in self._channels:
            schema = self._writer.register_schema(
                datatype, 'ros2msg', _definition(datatype).encode()
            )
            self._channels[topic] = self._writer.register_channel(topic, 'cdr', schema)
        self._writer.add_message(self._channels[topic], log_time_ns, data, log_time_ns)

    def __enter__(self) -> BagWriter:
        """Return itself; the file is whole after the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file."""
        self._writer.finish()
        self._file.close()


def read_bag(path: Path) -> tuple[dict[str, str], Iterator[tuple[str, Any]]]:
    """
    Open a bag.

    :return: its notes (empty when somebody else wrote it), and topics with messages, as logged.
    :raises SourceError: at once or while reading: there is no such file, it was cut, is no MCAP
        file, or holds types that are not installed.
    """
    _, reader = _mcap()
    try:
        with path.open('rb') as file:
            known = reader.make_reader(file).iter_metadata()
            ours = [dict(record.metadata) for record in known if record.name == NOTES]
    except Exception as error:  # mcap has an exception a kind of damage, and lets others through
        raise _broken(path, error) from error
    return ours[0] if ours else {}, _messages(path, reader)


def _broken(path: Path, error: Exception) -> SourceError:
    if isinstance(error, OSError) and error.strerror:
        hint = ''
        if path.is_dir():  # of rosbag2, with metadata.yaml
            files = sorted(str(file) for file in path.glob('*.mcap'))
            hint = f': give {" or ".join(files)}' if files else ': it holds no .mcap file'
        return SourceError(f'{path} cannot be read as an MCAP bag: {error.strerror}{hint}')
    return SourceError(
        f'{path} cannot be read as an MCAP bag: it was cut, or is something else '
        f'({type(error).__name__}: {error})'
    )


def _messages(path: Path, reader: Any) -> Iterator[tuple[str, Any]]:
    with path.open('rb') as file:
        messages = reader.make_reader(file, validate_crcs=True).iter_messages()
        while True:
            try:
                schema, channel, message = next(messages)
            except StopIteration:
                return
            except Exception as error:  # as above
                raise _broken(path, error) from error
            kind = message_type(schema.name)
            try:
                yield channel.topic, deserialize_message(message.data, kind)
            except (RuntimeError, struct.error) as error:
                raise SourceError(f'{path}: a message on {channel.topic} is broken') from error
