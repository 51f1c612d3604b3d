// Reads a log of ours over HTTP with other people's code alone (golang.org/x/mod/sumdb, filippo.io/torchwood) and
// verifies everything: the checkpoint's signature, every entry against the tiles, the inclusion of every entry, and
// consistency with an older checkpoint if one is given. Prints one JSON object; exits 1 with a line on stderr otherwise.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"hash"
	"os"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type report struct {
	Origin      string     `json:"origin"`
	Size        int64      `json:"size"`
	Root        string     `json:"root"`
	Entries     string     `json:"entries_sha256"`
	Inclusion   [][]string `json:"inclusion"`
	Consistency []string   `json:"consistency"`
}

func main() {
	url := flag.String("url", "", "prefix of the log")
	vkey := flag.String("vkey", "", "verifier key of the log")
	old := flag.String("old", "", "file with an older checkpoint of the log")
	flag.Parse()
	result, err := verify(context.Background(), *url, *vkey, *old)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(result)
}

func verify(ctx context.Context, url, vkey, old string) (*report, error) {
	fetcher, err := torchwood.NewTileFetcher(url)
	if err != nil {
		return nil, err
	}
	signed, err := fetcher.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return nil, err
	}
	head, err := open(signed, vkey)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	result := &report{Origin: head.Origin, Size: head.N, Root: fmt.Sprintf("%x", head.Hash[:])}
	leaves, digest, err := readEntries(ctx, fetcher, head.Tree)
	if err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	result.Entries = fmt.Sprintf("%x", digest.Sum(nil))
	hashes := torchwood.TileHashReaderWithContext(ctx, head.Tree, fetcher)
	for index, leaf := range leaves {
		proof, err := tlog.ProveRecord(head.N, int64(index), hashes)
		if err != nil {
			return nil, fmt.Errorf("inclusion of %d: %w", index, err)
		}
		if err := tlog.CheckRecord(tlog.RecordProof(proof), head.N, head.Hash, int64(index), leaf); err != nil {
			return nil, fmt.Errorf("inclusion of %d: %w", index, err)
		}
		result.Inclusion = append(result.Inclusion, hex(proof))
	}
	if old != "" {
		if result.Consistency, err = consistent(old, vkey, head, hashes); err != nil {
			return nil, fmt.Errorf("consistency: %w", err)
		}
	}
	return result, nil
}

func open(signed []byte, vkey string) (torchwood.Checkpoint, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return torchwood.Checkpoint{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return torchwood.Checkpoint{}, err
	}
	return torchwood.ParseCheckpoint(opened.Text)
}

func readEntries(ctx context.Context, fetcher *torchwood.TileFetcher, tree tlog.Tree) ([]tlog.Hash, hash.Hash, error) {
	client, err := torchwood.NewClient(fetcher)
	if err != nil {
		return nil, nil, err
	}
	var leaves []tlog.Hash
	digest := sha256.New()
	for _, entry := range client.AllEntries(ctx, tree, 0) {
		leaves = append(leaves, tlog.RecordHash(entry))
		digest.Write(entry)
	}
	if err := client.Err(); err != nil {
		return nil, nil, err
	}
	if int64(len(leaves)) != tree.N {
		return nil, nil, fmt.Errorf("got %d entries of %d", len(leaves), tree.N)
	}
	return leaves, digest, nil
}

func consistent(path, vkey string, head torchwood.Checkpoint, hashes tlog.HashReader) ([]string, error) {
	signed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	before, err := open(signed, vkey)
	if err != nil {
		return nil, err
	}
	proof, err := tlog.ProveTree(head.N, before.N, hashes)
	if err != nil {
		return nil, err
	}
	return hex(proof), tlog.CheckTree(proof, head.N, head.Hash, before.N, before.Hash)
}

func hex(proof []tlog.Hash) []string {
	steps := make([]string, len(proof))
	for at, step := range proof {
		steps[at] = fmt.Sprintf("%x", step[:])
	}
	return steps
}
