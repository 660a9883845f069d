"""Event records as the tensorboard package writes them: tests/parity/tensorboard/events.bin.

  python scripts/goldens/make_tensorboard.py [FOLDER]

Needs tensorboard 2.21.0. With FOLDER, prints what its reader finds in the event files there instead:
one line a scalar, tag, step, value.
"""
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

kOut = Path(__file__).resolve().parents[2] / "tests" / "parity" / "tensorboard" / "events.bin"


def scalar(time, step, tag, value):
    summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)])
    return event_pb2.Event(wall_time=time, step=step, summary=summary)


def write():
    kOut.parent.mkdir(parents=True, exist_ok=True)
    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    events = [
        event_pb2.Event(wall_time=1700000000.25, file_version="brain.Event:2"),
        event_pb2.Event(wall_time=1700000001, step=5, session_log=start),
        scalar(1700000002.5, 0, "train/loss", 2.25),
        scalar(1700000003, 300, "train/loss", -1e-8),
        scalar(1700000004, (1 << 40) + 7, "learning rate \u00b5", 0.0),
    ]
    with open(kOut, "wb") as stream:
        writer = RecordWriter(stream)
        for event in events:
            writer.write(event.SerializeToString(deterministic=True))
        writer.flush()


def read(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    for tag in accumulator.Tags()["scalars"]:
        for event in accumulator.Scalars(tag):
            print(tag, event.step, event.value)


read(sys.argv[1]) if len(sys.argv) > 1 else write()
