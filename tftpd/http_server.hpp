// HTTP/1.1 (RFC 9110, 9112): GET and HEAD over the same catalogue as TFTP, with keep-alive,
// Content-Length (never chunked: old devices do not read it), ETag and Last-Modified. Thin; what to
// answer is in http_target.hpp and file_gate.hpp. One thread, that of the io_context.
#pragma once

#include <functional>
#include <list>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "core/base/fd.hpp"
#include "core/contracts/event_sender.hpp"
#include "tftpd/admission.hpp"
#include "tftpd/file_gate.hpp"

namespace plugtone::tftpd {

// Declared before the io_context, for the coroutines there refer to it.
class HttpServer {
public:
    HttpServer(const FileGate& gate, EventSender& events, Admission& admission)
        : gate_(gate), events_(events), admission_(admission) {}

    // listener: as open_listeners prepares it.
    void start(boost::asio::io_context& io, Fd listener);
    // Takes no more connections and requests; answers that have begun go on.
    void stop();

private:
    const FileGate& gate_;
    EventSender& events_;
    Admission& admission_;
    bool stopping_ = false;
    std::vector<std::function<void()>> closers_;
    std::list<std::function<void()>> idle_; // connections that wait for a request: how to end each

    friend struct HttpTasks;
};

} // namespace plugtone::tftpd
