"""`python -m e2e.world`: everything else is imported as multicasskop.world, so that no module is loaded twice."""

from multicasskop.world.cli import main

main()
