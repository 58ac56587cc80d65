// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

const (
	// backupKey is the key of a backup: the NodeENI as JSON, compressed with gzip.
	backupKey = "nodeeni.json.gz"

	// maxBackup limits how much of a backup is read.
	maxBackup = 64 << 20
)

// backupName returns the name of the ConfigMap with the backup of a NodeENI.
func backupName(nodeENI string) string {
	sum := sha256.Sum256([]byte(nodeENI))
	return "nodeeni-before-migration-" + hex.EncodeToString(sum[:])[:10]
}

// backUp saves a NodeENI as it is, unless a backup exists: an interrupted migration has
// changed it.
func (m *Migration) backUp(ctx context.Context, namespace string, n *v1alpha1.NodeENI) error {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(n), z.Close()); err != nil {
		return errors.Wrapf(err, "cannot encode NodeENI %q", n.Name)
	}
	cm := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: backupName(n.Name),
			Annotations: map[string]string{"networking.k8s.aws/node-eni": n.Name},
		},
		BinaryData: map[string][]byte{backupKey: b.Bytes()},
	}
	err := m.Client.Create(ctx, cm)
	if kerrors.IsAlreadyExists(err) {
		return nil
	}
	return errors.Wrapf(err, "cannot save NodeENI %q in ConfigMap %s/%s", n.Name, namespace, cm.Name)
}

// restore returns the backup of a NodeENI, or nil if there is none.
func (m *Migration) restore(ctx context.Context, namespace, nodeENI string) (*v1alpha1.NodeENI, error) {
	cm := &corev1.ConfigMap{}
	key := client.ObjectKey{Namespace: namespace, Name: backupName(nodeENI)}
	if err := m.Client.Get(ctx, key, cm); kerrors.IsNotFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, errors.Wrapf(err, "cannot get ConfigMap %s", key)
	}
	z, err := gzip.NewReader(bytes.NewReader(cm.BinaryData[backupKey]))
	if err != nil {
		return nil, errors.Wrapf(err, "cannot read ConfigMap %s", key)
	}
	out := &v1alpha1.NodeENI{}
	if err := json.NewDecoder(io.LimitReader(z, maxBackup)).Decode(out); err != nil {
		return nil, errors.Wrapf(err, "cannot read ConfigMap %s", key)
	}
	return out, nil
}

// dropBackup deletes the backup of a NodeENI, if there is one.
func (m *Migration) dropBackup(ctx context.Context, namespace, nodeENI string) error {
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: backupName(nodeENI)}}
	return errors.Wrapf(client.IgnoreNotFound(m.Client.Delete(ctx, cm)), "cannot delete ConfigMap %s/%s", namespace, cm.Name)
}
