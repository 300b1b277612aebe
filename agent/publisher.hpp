// Writes generations of the served tree (design, sections 1 and 2). A generation is built aside,
// checked, flushed to the disk and named; then one rename of the link "config" makes it the live
// one. One thread. Nothing that it does disturbs a reader.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/composer.hpp"
#include "core/contracts/manifest.hpp"

namespace plugtone {

class Publisher {
public:
    // Generations kept on the disk, the live one included.
    static constexpr std::size_t generations_kept = 10;

    explicit Publisher(std::string root) : root_(std::move(root)) {}

    // Makes root, generations/ and firmware/, and clears away what an interrupted build left.
    Done prepare();

    struct Built {
        std::size_t written = 0; // the rest are hard links to files of an earlier generation
        bool same_as_live = false;
    };
    // Builds generations/<number>. A file whose document is the same as in the live generation, or
    // in one of "also", is that very file: same bytes, same salt. Whatever fails leaves nothing
    // behind. The live number is refused.
    Result<Built> build(Generation number, const std::vector<Document>& documents,
                        const std::vector<Generation>& also = {});
    // Makes it the live one, durably.
    Done switch_to(Generation number);
    // Never the live one.
    void discard(Generation number) noexcept;
    // Removes all but the newest generations_kept and the live one.
    void remove_old() noexcept;

    // What "config" points to; nothing if there is no such link.
    std::optional<Generation> live() const;
    std::vector<Generation> kept() const;

private:
    std::string folder(Generation number) const;
    Result<Bytes> content_of(const Document& document) const;
    // The earlier file that already holds this document.
    std::optional<std::string> reusable(const Document& document,
                                        const std::vector<Generation>& earlier) const;
    Result<Built> fill(const std::string& aside, const std::vector<Document>& documents,
                       const std::vector<Generation>& earlier) const;

    std::string root_;
};

} // namespace plugtone
