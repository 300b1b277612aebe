// One HTTP connection: reads a request, answers it, and again. What is answered comes from its
// server (HttpAnswers), how the bytes travel from its stream; this is the order of things between
// them, and their deadlines. The poller's thread.
//
// A transfer is done when the peer has acknowledged all of it (tcp_delivery.hpp), as over TFTP, and
// not when the bytes lie in a buffer of ours.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "core/base/fd.hpp"
#include "tftpd/admission.hpp"
#include "tftpd/http_head.hpp"
#include "tftpd/http_reply.hpp"
#include "tftpd/http_stream.hpp"
#include "tftpd/metrics.hpp"
#include "tftpd/poller.hpp"
#include "tftpd/settings.hpp"
#include "tftpd/transfer_record.hpp"

namespace plugtone::tftpd {

class HttpConnection;

class HttpAnswers {
public:
    virtual HttpReply answer(const HttpRequest& request, HttpConnection& connection) = 0;
    virtual HttpReply answer_bad(const BadHead& head, HttpConnection& connection) = 0;
    virtual void on_handshake(HttpConnection& connection) = 0;
    // Destroys the connection.
    virtual void on_end(HttpConnection& connection) = 0;

protected:
    ~HttpAnswers() = default;
};

class HttpConnection final : public Watcher, public Timer {
public:
    struct Parts {
        Admission::Ticket ticket;
        Admission::Ticket handshake_ticket; // given back when the handshake is over
        std::unique_ptr<HttpStream> stream;
        Ipv4 peer;
    };

    // All that is referred to must outlive it. Throws when the poller cannot watch the socket.
    HttpConnection(Poller& poller, HttpAnswers& answers, TransferReports& reports,
                   const HttpSettings& settings, Parts parts);
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;
    ~HttpConnection() override;

    // Nothing more is to come of an idle one; others end with their reply. It may be gone
    // afterwards.
    void wind_up();

    const Ipv4& peer() const { return parts_.peer; }
    HttpStream& stream() { return *parts_.stream; }
    bool is_winding_up() const { return is_winding_up_; }

    void on_ready(std::uint32_t events) override;
    void on_ready_failed() noexcept override;
    void on_time(TimePoint now) override;
    void on_time_failed() noexcept override { on_ready_failed(); }

private:
    enum class State { handshaking, reading, writing, lingering };
    enum class Next { go_on, wait, ended }; // ended: the connection is gone

    // A reply that the peer has not acknowledged yet.
    struct Undelivered {
        TransferRecord record;
        std::uint64_t size = 0;    // of the file's part
        std::uint64_t sent_to = 0; // of the stream, when all was written
        std::string remark;
    };

    void run();
    Next handshake();
    Next read();
    Next take_request();
    void begin(HttpReply reply);
    Next write();
    Moved write_some();
    Next after_reply();
    Next linger();
    // After something could not go on; wants: what to wait for.
    Next blocked(const Moved& moved);
    void fail(const std::string& trouble);
    // Reports what has arrived; false if some has not.
    bool look_at_deliveries();
    void enter(State state, std::chrono::milliseconds patience);
    void watch_for(std::uint32_t events);
    void arm();
    bool is_too_slow();
    Next end();

    Poller& poller_;
    HttpAnswers& answers_;
    TransferReports& reports_;
    const HttpSettings& settings_;
    Parts parts_;
    State state_ = State::handshaking;
    std::uint32_t watched_ = EPOLLIN;
    std::string received_; // not taken yet
    HttpReply reply_;
    std::size_t text_written_ = 0;
    std::uint64_t body_written_ = 0;
    std::uint64_t progress_ = 0; // stream().sent() when the deadline was set
    std::deque<Undelivered> deliveries_;
    std::chrono::milliseconds delivery_wait_{};
    TimePoint deadline_;
    TimePoint look_at_; // at the deliveries
    std::size_t lingered_ = 0;
    bool is_winding_up_ = false;
};

} // namespace plugtone::tftpd
