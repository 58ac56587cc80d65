// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package logs sets up logging of this module's commands: structured lines, including
// the log of client-go and fatal errors.
package logs

import (
	"io"
	"os"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-logr/logr"
	"go.uber.org/zap/zapcore"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// Levels and formats of logs.
const (
	LevelDebug = "debug"
	LevelInfo  = "info"
	LevelError = "error"

	FormatJSON = "json"
	FormatText = "text"
)

// Flags are the command-line flags of logging.
type Flags struct {
	debug         bool
	level, format string
}

// Register registers --log-level, --log-format and --debug.
func (f *Flags) Register(app *kingpin.Application) {
	app.Flag("log-level", "Minimum level of log messages: debug (each step of each reconcile), info or error.").Default(LevelInfo).Envar("LOG_LEVEL").EnumVar(&f.level, LevelDebug, LevelInfo, LevelError)
	app.Flag("log-format", "Format of the log: json, or text for a terminal.").Default(FormatJSON).Envar("LOG_FORMAT").EnumVar(&f.format, FormatJSON, FormatText)
	app.Flag("debug", "The same as --log-level=debug.").Short('d').Envar("DEBUG").BoolVar(&f.debug)
}

// SetUp returns the logger that the flags configure, which writes to w. It is also set
// as the logger of controller-runtime and client-go.
func (f *Flags) SetUp(w io.Writer) logr.Logger {
	level := map[string]zapcore.Level{LevelDebug: zapcore.DebugLevel, LevelInfo: zapcore.InfoLevel, LevelError: zapcore.ErrorLevel}[f.level]
	if f.debug {
		level = zapcore.DebugLevel
	}
	times := func(c *zapcore.EncoderConfig) { c.EncodeTime = zapcore.RFC3339TimeEncoder }
	encoder := zap.JSONEncoder(times)
	if f.format == FormatText {
		encoder = zap.ConsoleEncoder(times)
	}
	// Stack traces would add several lines to each error.
	l := zap.New(zap.WriteTo(w), zap.Level(level), zap.StacktraceLevel(zapcore.DPanicLevel), encoder)
	log.SetLogger(l)
	klog.SetLogger(l.WithName("client-go"))
	return l
}

// Fatal logs an error and exits.
func Fatal(l logr.Logger, err error, message string) {
	l.Error(err, message)
	os.Exit(1)
}
