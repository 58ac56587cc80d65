// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package topology draws the network interfaces of a cluster: zones, nodes and ENIs, as SVG, as a
// page that can be searched, and for Graphviz. It reads neither files nor the API server.
//
//	model.go    zones, nodes and ENIs, from the objects of a cluster
//	eni.go      the state and the details of one ENI
//	text.go     text that fits into a box
//	layout.go   the positions of the boxes
//	svg.go      SVG, with svg.gotmpl and svg.css
//	html.go     a page with the SVG, with page.gotmpl, page.css and page.js
//	dot.go      the language of Graphviz
//
// Names and messages are input of other users: templates escape them, and text.go replaces
// characters that are not valid in XML or that reorder text.
package topology
