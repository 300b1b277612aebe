// The sockets of TFTP: requests come to the listeners, each transfer has a socket of its own
// (RFC 1350 section 4) on the address that the request was sent to. Thin; what to answer is in
// read_transfer.hpp, file_gate.hpp. One thread, that of the io_context.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "core/base/fd.hpp"
#include "core/contracts/event_sender.hpp"
#include "tftpd/admission.hpp"
#include "tftpd/file_gate.hpp"
#include "tftpd/read_transfer.hpp"

namespace plugtone::tftpd {

struct TftpSession;

// Declared before the io_context, for the coroutines there refer to it.
class TftpServer {
public:
    TftpServer(const FileGate& gate, EventSender& events, Admission& admission,
               std::size_t blksize_max)
        : gate_(gate), events_(events), admission_(admission), blksize_max_(blksize_max) {}

    // listener: as open_listeners prepares it.
    void start(boost::asio::io_context& io, Fd listener);
    // Takes no more requests; transfers go on.
    void stop();

    // A datagram that came to a listener, sent to the address local.
    void on_request(boost::asio::io_context& io, const Ipv4& local, const Tid& peer,
                    ByteView datagram);

private:
    void serve(boost::asio::io_context& io, const Ipv4& local, const Tid& peer, ByteView datagram,
               const Request& request);
    // The request is one that is being served, repeated; a different one ends the old transfer.
    bool is_repeated(const Tid& peer, ByteView datagram);
    void refuse(const Ipv4& local, const Tid& peer, ErrorCode code, std::string_view text) const;
    void finish(TftpSession& session, const Finished& end);

    const FileGate& gate_;
    EventSender& events_;
    Admission& admission_;
    std::size_t blksize_max_;
    std::map<Tid, std::weak_ptr<TftpSession>> sessions_; // no larger than the admission allows
    std::vector<std::function<void()>> closers_;

    friend struct TftpTasks;
};

} // namespace plugtone::tftpd
