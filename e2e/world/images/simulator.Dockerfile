# The simulated CassKop as a pod of the test world's clusters: the operator's image, and the world on top of it.
# multicasskop.world.kind.images builds it; it is no part of the product.
ARG OPERATOR
FROM ${OPERATOR}
COPY e2e/world /venv/lib/python3.11/site-packages/multicasskop/world
ENTRYPOINT ["python", "-m", "multicasskop.world.simulators.casskop"]
CMD []
