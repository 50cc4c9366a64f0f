"""Tier kind: real clusters in containers, with kubelets, a scheduler, DNS and volumes."""
