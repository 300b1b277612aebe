// A read that is being served, over its socket. It belongs to the server, which it tells when it is
// over. The poller's thread.
#pragma once

#include <functional>

#include "core/base/fd.hpp"
#include "tftpd/admission.hpp"
#include "tftpd/block_sender.hpp"
#include "tftpd/file_content.hpp"
#include "tftpd/poller.hpp"
#include "tftpd/read_transfer.hpp"
#include "tftpd/transfer_record.hpp"

namespace plugtone::tftpd {

class TftpSession final : public Watcher, public Timer {
public:
    // Called last by whatever ended it: the session may be destroyed in it.
    using OnEnd = std::function<void(TftpSession&, const Finished&)>;

    struct Parts {
        Admission::Ticket ticket;
        TransferRecord record;
        Route route;
        Fd own_socket;   // empty in single-port mode, when
        int socket = -1; // is the listener's; else own_socket's
        SharedContent content;
        ByteView bytes; // of content
        Bytes request;  // the datagram that began it
        OnEnd on_end;
    };

    // poller and sender must outlive it. Throws when the poller cannot watch the socket.
    TftpSession(Poller& poller, BlockSender& sender, Parts parts, const Agreement& agreement);
    TftpSession(const TftpSession&) = delete;
    TftpSession& operator=(const TftpSession&) = delete;
    ~TftpSession() override;

    // Call once, first.
    void start();
    // In single-port mode, what comes from its peer.
    void on_datagram(const Tid& from, ByteView datagram);
    // Ends it without a word to the peer.
    void abandon(const std::string& reason);

    Tid peer() const { return peer_; }
    const ReadTransfer& transfer() const { return transfer_; }
    const TransferRecord& record() const { return parts_.record; }
    ByteView request() const { return parts_.request; }
    int socket() const { return parts_.socket; }
    const Route& route() const { return parts_.route; }
    // Gives its place back: whoever hears of its end finds the place free.
    void release_place() { parts_.ticket.reset(); }

    void on_ready(std::uint32_t events) override;
    void on_ready_failed() noexcept override;
    void on_time(TimePoint now) override;
    void on_time_failed() noexcept override;

private:
    // Does what the step says; the session may be gone afterwards.
    void perform(const Step& step);
    void end(const Finished& how);

    Poller& poller_;
    BlockSender& sender_;
    Parts parts_;
    Tid peer_;
    ReadTransfer transfer_;
};

} // namespace plugtone::tftpd
