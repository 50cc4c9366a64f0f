"""The tier planes: etcd, kube-apiserver and kube-controller-manager per member, as processes."""
