// The sockets of TFTP: requests come to the listeners, each transfer has a socket of its own
// (RFC 1350 section 4) on the address that the request was sent to, or, in single-port mode, the
// listener's. Thin; what to answer is in read_transfer.hpp and file_gate.hpp. One thread, the
// poller's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/fd.hpp"
#include "tftpd/admission.hpp"
#include "tftpd/block_sender.hpp"
#include "tftpd/file_content.hpp"
#include "tftpd/file_gate.hpp"
#include "tftpd/gatekeeper.hpp"
#include "tftpd/poller.hpp"
#include "tftpd/read_transfer.hpp"
#include "tftpd/settings.hpp"
#include "tftpd/tftp_session.hpp"
#include "tftpd/transfer_record.hpp"

namespace plugtone::tftpd {

class TftpServer {
public:
    // All that is referred to must outlive the server.
    TftpServer(Poller& poller, FileGate& gate, Gatekeeper& gatekeeper, TransferReports& reports,
               Admission& admission, const TftpSettings& settings);
    TftpServer(const TftpServer&) = delete;
    TftpServer& operator=(const TftpServer&) = delete;
    ~TftpServer();

    // listener: as open_listeners prepares it.
    void start(Fd listener);
    // Takes no more requests; transfers go on.
    void stop();

private:
    class Listener;
    struct TidHash {
        std::size_t operator()(const Tid& tid) const {
            return std::hash<std::uint64_t>{}(std::uint64_t{tid.address.number} << 16U | tid.port);
        }
    };

    // A datagram that came to a listener.
    void on_datagram(const Listener& listener, const Route& peer, ByteView datagram);
    void serve(const Listener& listener, const Route& peer, ByteView datagram,
               const Request& request);
    // What refusing to begin looks like to the client, to the log and to the agent.
    struct Refused {
        ErrorCode code = ErrorCode::undefined;
        std::string_view text;
        std::string reason;
    };
    // Begins the transfer, or says why not.
    std::optional<Refused> begin(const Listener& listener, const Route& peer,
                                 const Request& request, TftpSession::Parts& parts,
                                 SharedContent file);
    // The request is one that is being served, repeated; a different one ends the old transfer.
    bool is_repeated(const Tid& peer, ByteView datagram);
    void refuse(const Listener& listener, const Route& peer, ErrorCode code,
                std::string_view text) const;
    // Destroys the session.
    void finish(TftpSession& session, const Finished& end);

    Poller& poller_;
    FileGate& gate_;
    Gatekeeper& gatekeeper_;
    TransferReports& reports_;
    Admission& admission_;
    TftpSettings settings_;
    BlockSender sender_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    // No larger than the admission allows.
    std::unordered_map<Tid, std::unique_ptr<TftpSession>, TidHash> sessions_;
};

} // namespace plugtone::tftpd
