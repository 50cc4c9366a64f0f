"""The image's program: it is the configuration's builder where an output folder is named, else the bootstrap."""

import os
import socket
import sys

from multicasskop.bootstrap.builder import OUTPUT, ConfigError, build, say
from multicasskop.bootstrap.prepare import Places, prepare


def main() -> int:
    """Do what the container is there for; 1, and the reason in the log, when that cannot be."""
    try:
        if OUTPUT in os.environ:
            build(os.environ)
        else:
            prepare(os.environ, socket.gethostname(), Places())
    except KeyError as error:
        say(f"the variable {error} is not set")
    except (ConfigError, OSError) as error:
        say(str(error))
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
