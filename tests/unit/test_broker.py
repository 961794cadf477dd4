"""The embedded broker's messages are whole as soon as they can be seen."""

import threading
from pathlib import Path

from kombu import Connection

from dashboard.broker import use_whole_messages

WRITERS, EACH = 4, 50


def test_busy_writers_and_a_greedy_reader_lose_and_break_nothing(tmp_path: Path) -> None:
    for name in ("messages", "processed", "control"):
        (tmp_path / name).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "processed_folder": str(tmp_path / "processed"),
        "store_processed": True,
        "control_folder": tmp_path / "control",
        "polling_interval": 0.01,
    }
    use_whole_messages()

    def write(number: int) -> None:
        with Connection("filesystem://", transport_options=options) as connection:
            queue = connection.SimpleQueue("bells")
            for count in range(EACH):
                queue.put({"from": number, "count": count})
            queue.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    heard = set()
    with Connection("filesystem://", transport_options=options) as connection:
        queue = connection.SimpleQueue("bells")
        while len(heard) < WRITERS * EACH:
            message = queue.get(timeout=10)
            heard.add((message.payload["from"], message.payload["count"]))
            message.ack()
        queue.close()
    for writer in writers:
        writer.join()
    assert len(heard) == WRITERS * EACH
    assert not list((tmp_path / "messages").iterdir())
