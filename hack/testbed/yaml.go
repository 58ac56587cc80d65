package testbed

import (
	"bufio"
	"bytes"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

func splitDocuments(raw []byte) [][]byte {
	var out [][]byte
	r := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(raw)))
	for {
		doc, err := r.Read()
		if err != nil { // io.EOF is the only one a byte slice gives
			return out
		}
		out = append(out, doc)
	}
}
