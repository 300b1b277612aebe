// The one way from a request to a file, for every protocol: the name is looked up in the catalogue,
// the asker is checked, the file is opened. What is refused and what is absent look alike to the
// asker; only the log and the events know the difference.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ipv4.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "tftpd/catalogue.hpp"

namespace plugtone::tftpd {

enum class Answer {
    granted,
    absent,
    refused, // to be answered exactly as absent
    failed,  // the file is there, and cannot be opened now
};

struct Passage {
    Answer answer = Answer::absent;
    std::string name;             // as the catalogue knows it; as asked if it can know no such name
    std::optional<Mac> mac;       // who asks: holder of the lease, or the neighbour, if known
    std::optional<Mac> owner;     // of the file, if it is private
    std::string sha256;           // of the file, if the manifest says
    std::string reason;           // unless granted
    std::optional<OpenFile> file; // if granted
};

class FileGate {
public:
    using FindNeighbour = std::function<Result<std::optional<Mac>>(const Ipv4&)>;
    using BeforeLookup = std::function<void()>;

    // bindings: the folder that the Kea hook writes. catalogue must outlive the gate.
    // before_lookup: called for each request, e.g. to bring the catalogue up to date.
    FileGate(const CatalogueInUse& catalogue, std::string bindings, FindNeighbour find_neighbour,
             BeforeLookup before_lookup = {});

    // name: as the protocol carried it, decoded. Any thread.
    Passage ask(std::string_view name, const Ipv4& asker) const;

private:
    const CatalogueInUse& catalogue_;
    std::string bindings_;
    FindNeighbour find_neighbour_;
    BeforeLookup before_lookup_;
};

} // namespace plugtone::tftpd
