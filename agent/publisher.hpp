// Writes generations of the served tree (design, sections 1 and 2). A generation is built aside,
// checked, flushed to the disk and named; then one rename of the link "config" makes it the live
// one. One thread, and one of its own for what nobody waits for. Nothing that it does disturbs a
// reader.
//
// Beside its manifest, a generation has the file ".documents" (mode 0600, never served): "KEY PATH"
// lines, by which a document that has not changed is known without opening what it was sealed into
// (Sealer::key_of).
#pragma once

#include <chrono>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/document.hpp"
#include "agent/generation.hpp"
#include "agent/sealer.hpp"
#include "core/contracts/manifest.hpp"

namespace plugtone {

struct PublishedFile {
    ManifestEntry entry;
    std::string key; // of its document; empty: not known

    bool operator==(const PublishedFile&) const = default;
};
using Contents = std::map<std::string, PublishedFile>; // of a generation, by path

class Publisher {
public:
    // Generations kept on the disk, the live one included.
    static constexpr std::size_t generations_kept = 10;

    Publisher(std::string root, Sealer sealer);

    // Makes root, generations/ and firmware/, and clears away what an interrupted build left. The
    // files of the live generation have then to be looked at, as after inspect_again().
    Done prepare();
    // Reads every file of the live generation: what is missing, damaged or unknown will be made
    // anew.
    void inspect_live();
    // All of them have to be looked at once more, by the next.
    void inspect_again();
    // Little by little, for about that long; true: there is more.
    static constexpr std::chrono::milliseconds no_hurry = std::chrono::hours(1);
    bool inspect_some(std::chrono::milliseconds limit);
    // Of what inspect_some() found to be missing or damaged, whose files they are; nothing: nothing
    // is.
    std::optional<Scope> take_broken();

    // One generation in the making. Whatever fails leaves nothing behind when it goes.
    class Build {
    public:
        Build(Build&& other) noexcept;
        Build(const Build&) = delete;
        Build& operator=(const Build&) = delete;
        Build& operator=(Build&&) = delete;
        ~Build();

        // A file whose document is the same as in the live generation, or in one of "also", is that
        // very file: same bytes, same salt.
        Done add(const Document& document);

    private:
        friend class Publisher;
        Build(const Publisher& publisher, Generation number, std::string aside);
        struct Source {
            std::string path;
            std::string sha256;
        };
        std::optional<Source> source_of(const Document& document, const std::string& key) const;
        Result<Source> seal(const Document& document);
        Result<std::string> place(const Document& document, const std::string& key);

        const Publisher& publisher_;
        Generation number_;
        std::string aside_; // empty once it has been named
        Contents contents_;
        std::vector<std::pair<Generation, Contents>> also_;
        std::set<std::string> made_folders_;
        std::size_t written_ = 0;
    };

    // The files of devices outside the scope stay as they are; all others have to be added. The
    // live number is refused.
    Result<Build> begin(Generation number, const Scope& scope,
                        const std::vector<Generation>& also = {});
    struct Built {
        std::size_t written = 0; // the rest are hard links to files of an earlier generation
        bool same_as_live = false;
    };
    // Names it. If it is what is live already, and only_if_different, nothing is named.
    Result<Built> finish(Build build, bool only_if_different);
    // Makes it the live one, durably.
    Done switch_to(Generation number);
    // Never the live one.
    void discard(Generation number) noexcept;
    // What may be done after the answer, by the publisher's own thread: removes all but the newest
    // generations_kept and the live one, and links the live one's files into the beginning of the
    // next.
    void tidy();
    // Waits until that is done.
    void settle() noexcept;

    // What "config" points to; nothing if there is no such link.
    std::optional<Generation> live() const;
    std::vector<Generation> kept() const;
    const Contents& live_contents() const { return contents_; }
    // See manifest_digest().
    std::string digest_of(Generation number) const;
    std::string fingerprint(std::string_view text) const { return sealer_.fingerprint(text); }

private:
    struct Ground {
        std::string aside;
        Generation of = 0;
    };

    void read_live();
    std::string folder(Generation number) const;
    std::string aside_of(Generation number) const;
    Result<std::string> take_ground(Generation number);
    void give_up_ground();

    std::string root_;
    Sealer sealer_;
    Contents contents_;                    // of the live generation, as far as it is whole
    std::optional<std::string> inspected_; // of contents_, the path up to which; nothing: all
    std::optional<Scope> broken_;
    std::optional<std::pair<Generation, Contents>> named_; // built last
    std::future<std::optional<Ground>> tidying_;
};

} // namespace plugtone
