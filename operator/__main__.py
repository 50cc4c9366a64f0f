"""`python -m multicasskop.operator` is the program `multicasskop`."""

from multicasskop.operator.main import main

main()
