import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;

/** Eclipse Paho for Java, MQTT 5. */
final class PahoMqtt5 implements Driver.Client {
  private final MqttAsyncClient client;
  private final Address address;
  private boolean hasConnected;

  PahoMqtt5(String name, JsonObject command) throws Exception {
    address = Address.of(command);
    client = new MqttAsyncClient(address.uri(), command.get("clientId").getAsString(), new MemoryPersistence());
    client.setCallback(new Events(name));
  }

  @Override
  public void connect(JsonObject command, Driver.Answer answer) throws Exception {
    if (hasConnected) PahoThreads.waitForEnd(client.getClientId());
    hasConnected = true;
    MqttConnectionOptions options = new MqttConnectionOptions();
    options.setCleanStart(command.get("cleanStart").getAsBoolean());
    options.setSessionExpiryInterval(command.get("sessionExpiryInterval").getAsLong());
    options.setKeepAliveInterval(command.get("keepAlive").getAsInt());
    options.setUseSubscriptionIdentifiers(false); // the tests choose them
    if (address.isSecure()) options.setSocketFactory(address.sslContext().getSocketFactory());
    if (command.has("will")) setWill(options, command.getAsJsonObject("will"));
    client.connect(options, null, whenDone(answer, token -> connack(token)));
  }

  @Override
  public void subscribe(JsonObject command, Driver.Answer answer) throws Exception {
    MqttSubscription subscription =
        new MqttSubscription(command.get("topicFilter").getAsString(), command.get("qos").getAsInt());
    if (command.has("noLocal")) subscription.setNoLocal(command.get("noLocal").getAsBoolean());
    if (command.has("retainAsPublished")) {
      subscription.setRetainAsPublished(command.get("retainAsPublished").getAsBoolean());
    }
    if (command.has("retainHandling")) subscription.setRetainHandling(command.get("retainHandling").getAsInt());
    MqttProperties properties = new MqttProperties();
    if (command.has("subscriptionIdentifier")) {
      properties.setSubscriptionIdentifier(command.get("subscriptionIdentifier").getAsInt());
    }
    client.subscribe(
        new MqttSubscription[] {subscription}, null, whenDone(answer, PahoMqtt5::firstReasonCode), properties);
  }

  @Override
  public void publish(JsonObject command, Driver.Answer answer) throws Exception {
    MqttMessage message = toMessage(command);
    message.setProperties(toProperties(command));
    client.publish(
        command.get("topicName").getAsString(), message, null, whenDone(answer, PahoMqtt5::firstReasonCode));
  }

  @Override
  public void disconnect(JsonObject command, Driver.Answer answer) throws Exception {
    client.disconnect(
        0, null, whenDone(answer, token -> new JsonObject()), 0, new MqttProperties());
  }

  private interface Result {
    JsonObject of(IMqttToken token);
  }

  private static MqttActionListener whenDone(Driver.Answer answer, Result result) {
    return new MqttActionListener() {
      @Override
      public void onSuccess(IMqttToken token) {
        answer.succeed(result.of(token));
      }

      @Override
      public void onFailure(IMqttToken token, Throwable error) {
        if (token.getReasonCodes() != null) answer.succeed(firstReasonCode(token));
        else if (error instanceof MqttException exception && isReasonCode(exception.getReasonCode())) {
          answer.succeed(exception.getReasonCode());
        } else answer.fail(error);
      }
    };
  }

  private static JsonObject connack(IMqttToken token) {
    JsonObject result = firstReasonCode(token);
    result.addProperty("sessionPresent", token.getSessionPresent());
    result.addProperty("assignedClientId", token.getResponseProperties().getAssignedClientIdentifier());
    result.addProperty("serverKeepAlive", token.getResponseProperties().getServerKeepAlive());
    return result;
  }

  private static JsonObject firstReasonCode(IMqttToken token) {
    int[] codes = token.getReasonCodes();
    JsonObject result = new JsonObject();
    result.addProperty("reasonCode", codes == null || codes.length == 0 ? 0 : codes[0]);
    return result;
  }

  /** Paho numbers failures of its own above those of MQTT. */
  private static boolean isReasonCode(int code) {
    return code >= 0x80 && code <= 0xff;
  }

  private static void setWill(MqttConnectionOptions options, JsonObject will) {
    MqttProperties properties = toProperties(will);
    if (will.has("delayInterval")) properties.setWillDelayInterval(will.get("delayInterval").getAsLong());
    options.setWill(will.get("topicName").getAsString(), toMessage(will));
    options.setWillMessageProperties(properties);
  }

  private static MqttMessage toMessage(JsonObject command) {
    MqttMessage message = new MqttMessage(Driver.bytes(command, "payload"));
    message.setQos(command.get("qos").getAsInt());
    message.setRetained(command.get("retain").getAsBoolean());
    return message;
  }

  private static MqttProperties toProperties(JsonObject command) {
    MqttProperties properties = new MqttProperties();
    if (command.has("contentType")) properties.setContentType(command.get("contentType").getAsString());
    if (command.has("responseTopic")) properties.setResponseTopic(command.get("responseTopic").getAsString());
    if (command.has("correlationData")) properties.setCorrelationData(Driver.bytes(command, "correlationData"));
    if (command.has("messageExpiryInterval")) {
      properties.setMessageExpiryInterval(command.get("messageExpiryInterval").getAsLong());
    }
    if (command.has("userProperties")) {
      List<UserProperty> userProperties = new ArrayList<>();
      for (JsonElement pair : command.getAsJsonArray("userProperties")) {
        JsonArray parts = pair.getAsJsonArray();
        userProperties.add(new UserProperty(parts.get(0).getAsString(), parts.get(1).getAsString()));
      }
      properties.setUserProperties(userProperties);
    }
    return properties;
  }

  private record Events(String name) implements MqttCallback {
    @Override
    public void disconnected(MqttDisconnectResponse response) {
      // Without a DISCONNECT packet Paho reports a reason code of its own, and its exception.
      Driver.disconnected(name, response.getException() == null ? Integer.valueOf(response.getReturnCode()) : null);
    }

    @Override
    public void messageArrived(String topicName, MqttMessage message) {
      JsonObject event =
          Driver.message(name, topicName, message.getPayload(), message.getQos(), message.isRetained());
      MqttProperties properties = message.getProperties();
      event.addProperty("contentType", properties.getContentType());
      event.addProperty("responseTopic", properties.getResponseTopic());
      event.addProperty("messageExpiryInterval", properties.getMessageExpiryInterval());
      byte[] correlationData = properties.getCorrelationData();
      if (correlationData != null) {
        event.addProperty("correlationData", new String(correlationData, StandardCharsets.UTF_8));
      }
      JsonArray userProperties = new JsonArray();
      for (UserProperty pair : properties.getUserProperties()) {
        userProperties.add(Driver.pair(pair.getKey(), pair.getValue()));
      }
      event.add("userProperties", userProperties);
      JsonArray identifiers = new JsonArray();
      if (properties.getSubscriptionIdentifiers() != null) {
        properties.getSubscriptionIdentifiers().forEach(identifiers::add);
      }
      event.add("subscriptionIdentifiers", identifiers);
      Driver.print(event);
    }

    @Override
    public void mqttErrorOccurred(MqttException error) {}

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void connectComplete(boolean isReconnect, String uri) {}

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {}
  }
}
