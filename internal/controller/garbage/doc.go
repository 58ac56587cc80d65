// Package garbage finds ENIs that carry this cluster's mark but that no object
// stands for, reports them and, where it is told to, deletes them. It is the
// last of several guards: the client token, the mark of ownership and the
// finalizers leave it nothing to do, unless objects were removed by force.
package garbage
