"""make kafka: a real Apache Kafka in the foreground, for orders that go through one."""

import argparse
import signal
import sys
from pathlib import Path

from deploy.kafka.broker import Broker, running
from deploy.kafka.jars import NoBroker


def main() -> int:
    """Run a broker until Ctrl-C; what it holds stays in its folder."""
    parser = argparse.ArgumentParser(prog="make kafka", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("var/kafka"), help="what it holds")
    parser.add_argument("--port", type=int, help="any free one if left out")
    parser.add_argument("--topic", nargs=2, action="append", default=[], help="NAME PARTITIONS")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(options.folder, options.port) as broker:
            broker.create({name: int(partitions) for name, partitions in options.topic})
            _show(broker)
            return broker.process.wait()
    except KeyboardInterrupt:
        return 0
    except (NoBroker, TimeoutError) as error:
        print(f"No Apache Kafka here: {error}", file=sys.stderr)
        return 1


def _show(broker: Broker) -> None:
    print(f"Apache Kafka listens at {broker.address}. Ctrl-C stops it; its log: {broker.log}")
    print(f"  TILANNE_STREAM_URL=kafka://{broker.address}")
    print("or, over TLS and by name:")
    for name, value in broker.secured.settings().items():
        print(f"  {name}={value}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
