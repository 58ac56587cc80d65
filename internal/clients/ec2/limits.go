// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Limits of one call and of one listing. An endpoint may be custom, and must not exhaust the
// provider's memory.
const (
	// maxAnswer bounds the body of a response of EC2, after decompression. A
	// page of 1,000 network interfaces with 50 addresses and 50 tags each has
	// about 25 MiB.
	maxAnswer = 64 << 20

	// maxSmallAnswer bounds the bodies of other responses, of STS and the EKS agent.
	maxSmallAnswer = 1 << 20

	// maxErrorBody bounds the body of an error response.
	maxErrorBody = 64 << 10

	// maxPages bounds a listing: 250,000 objects at pageSize, 50 times EC2's
	// default quota of network interfaces in a region.
	maxPages = 250

	// maxEmptyPages bounds consecutive empty pages. EC2 may return some if a filter
	// matches few resources.
	maxEmptyPages = 20

	// maxPageToken bounds a page token. EC2's have a few hundred bytes.
	maxPageToken = 16 << 10

	// listTimeout bounds a listing, waits for tokens included. 250 pages take
	// half a minute at EC2's published rate, and longer if it is shared.
	listTimeout = 10 * time.Minute

	// rootBytes is the number of bytes in which the root element must occur.
	rootBytes = 512
)

// boundedBody is a body whose Read fails beyond its limit: a truncated response is never
// taken for a complete one.
type boundedBody struct {
	io.ReadCloser

	limit, left int64
}

func bounded(b io.ReadCloser, limit int64) *boundedBody {
	return &boundedBody{ReadCloser: b, limit: limit, left: limit}
}

// Read reads within the limit.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, b.tooLong()
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, b.tooLong()
	}
	return n, err
}

func (b *boundedBody) tooLong() error { return &tooLongError{limit: b.limit} }

// A tooLongError is the error of a response that exceeds its limit. Another attempt would read
// as much again.
type tooLongError struct{ limit int64 }

// Error returns the limit.
func (e *tooLongError) Error() string { return fmt.Sprintf("it has more than %d KiB", e.limit>>10) }

// expectRoot returns the body of a successful response to a read-only action. The SDK accepts
// an empty body, and any other document, as a response without resources. Both are errors
// here, because a resource that EC2 does not return counts as deleted.
func expectRoot(body io.ReadCloser, action string) io.ReadCloser {
	r := bufio.NewReaderSize(body, rootBytes)
	head, err := r.Peek(rootBytes)
	switch {
	case len(head) == 0 && errors.Is(err, io.EOF):
		return &rereadBody{Reader: failingReader{io.ErrUnexpectedEOF}, Closer: body}
	case len(head) > 0 && !bytes.Contains(head, []byte("<"+action+"Response")):
		return &rereadBody{Reader: failingReader{fmt.Errorf("it is not a %sResponse", action)}, Closer: body}
	}
	return &rereadBody{Reader: r, Closer: body}
}

type failingReader struct{ err error }

// Read fails.
func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func answerLimit(resp *http.Response, success int64) int64 {
	if resp.StatusCode >= http.StatusMultipleChoices {
		return min(maxErrorBody, success)
	}
	return success
}

// paginate calls page with each page token until there is no next page. It fails if the
// listing is incomplete or exceeds its limits.
func paginate(ctx context.Context, page func(ctx context.Context, token *string) (items int, next *string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var token *string
	seen := map[[sha256.Size]byte]bool{}
	empty := 0
	for range maxPages {
		if err := ctx.Err(); err != nil {
			return err
		}
		items, next, err := page(ctx, token)
		if err != nil {
			return err
		}
		text := ptr.Deref(next, "")
		if text == "" {
			return nil
		}
		if len(text) > maxPageToken {
			return errors.Errorf("EC2 returned a page token of more than %d KiB", maxPageToken>>10)
		}
		if sum := sha256.Sum256([]byte(text)); seen[sum] {
			return errors.New("EC2 returned the same page token twice: the listing does not end")
		} else {
			seen[sum] = true
		}
		if empty++; items > 0 {
			empty = 0
		}
		if empty >= maxEmptyPages {
			return errors.Errorf("EC2 returned %d consecutive empty pages: the listing does not end", empty)
		}
		token = next
	}
	return errors.Errorf("EC2 returned more than %d pages", maxPages)
}

// A detacher returns a context for a call that serves several callers: it has the
// values of the caller that starts it and does not end with it.
type detacher func(ctx context.Context) (context.Context, context.CancelFunc)

// detach returns a context that ends only when it is cancelled.
func detach(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(ctx))
}

// detachTo returns a detacher whose contexts end with base.
func detachTo(base context.Context) detacher {
	return func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := detach(ctx)
		stop := context.AfterFunc(base, cancel)
		return ctx, func() { stop(); cancel() }
	}
}

// withDetached sets how long the Client's shared calls may last.
func withDetached(d detacher) ClientOption {
	return func(c *Client) {
		c.enis.detached, c.enis.byID.detached, c.enis.byUID.detached, c.instances.byID.detached = d, d, d, d
	}
}
