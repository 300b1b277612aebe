// The one way from a request to a file, for every protocol: the name is looked up in the catalogue,
// the asker is checked, the file is opened. What is refused and what is absent look alike to the
// asker; only the log and the events know the difference. One thread; every loop has its own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ipv4.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "tftpd/binding_cache.hpp"
#include "tftpd/catalogue.hpp"
#include "tftpd/channel.hpp"
#include "tftpd/client_trust.hpp"
#include "tftpd/file_content.hpp"
#include "tftpd/transfer_record.hpp"

namespace plugtone::tftpd {

enum class Answer {
    granted,
    absent,
    refused, // to be answered exactly as absent
    failed,  // the file is there, and cannot be opened now
};

struct Asker {
    Ipv4 address;
    Channel channel = Channel::tftp;
    const CertificateNames* certificate = nullptr; // nothing: it showed none
};

struct Passage {
    Answer answer = Answer::absent;
    std::string name;         // as the catalogue knows it; as asked if it can know no such name
    std::optional<Mac> mac;   // who asks: by certificate, lease or the wire, if known
    std::optional<Mac> owner; // of the file, if it is private
    std::string device_class; // of the owner, if the manifest says; likewise:
    std::string sha256;       // of the file
    std::string reason;       // unless granted
    SharedContent file;       // if granted
    // If granted: what must be shown over HTTP first.
    std::optional<HttpCredentials> http;
};

// The request as it will be reported.
TransferRecord record_of(const Passage& passage, Channel channel, const Ipv4& peer,
                         std::chrono::steady_clock::time_point now);
// For absent and refused.
EventKind event_of_answer(Answer answer);

class FileGate {
public:
    using FindNeighbour = std::function<Result<std::optional<Mac>>(const Ipv4&)>;
    using Refresh = std::function<void()>;
    // Whether that class' devices may use the legacy listener.
    using MayUseLegacy = std::function<bool(std::string_view device_class)>;

    // bindings: the folder that the Kea hook writes. What is referred to must outlive the gate.
    // refresh: called before the first request of a round, to bring the catalogue up to date.
    FileGate(const CatalogueInUse& catalogue, std::string bindings, FindNeighbour find_neighbour,
             Refresh refresh = {}, MayUseLegacy may_use_legacy = {});

    // Requests that come from now on must find the tree, the leases and the classes as they are
    // now.
    void begin_round() { is_fresh_ = false; }
    // name: as the protocol carried it, decoded.
    Passage ask(std::string_view name, const Asker& asker);

private:
    void refresh();
    // Why the file does not go over that channel; empty if it does.
    std::string channel_trouble(const ServedFile& served, const Asker& asker,
                                const std::optional<Mac>& mac) const;
    void open(const ServedFile& served, Passage& passage);

    const CatalogueInUse& catalogue_in_use_;
    BindingCache bindings_;
    FindNeighbour find_neighbour_;
    Refresh refresh_;
    MayUseLegacy may_use_legacy_;
    bool is_fresh_ = false;
    std::shared_ptr<const Catalogue> catalogue_;
    ContentCache contents_;
};

} // namespace plugtone::tftpd
